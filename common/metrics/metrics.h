#ifndef RESTANTE_COMMON_METRICS_METRICS_H_
#define RESTANTE_COMMON_METRICS_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace prometheus {
template <typename T>
class Family;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace restante::metrics {

// Label names and values. The caller keeps the number of value sets bounded: outcomes, mechanisms,
// methods; never users, addresses or ids.
using Labels = std::map<std::string, std::string>;

// The handles below are small values, thread-safe, without locks once made, and valid as long as
// the Registry. Make them once, at construction, and keep them.

// Only grows.
class Counter {
 public:
  void Add(double amount = 1) const;

 private:
  friend class CounterFamily;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  prometheus::Counter* counter_;
};

// Goes both ways.
class Gauge {
 public:
  void Set(double value) const;
  void Add(double amount) const;

 private:
  friend class GaugeFamily;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  prometheus::Gauge* gauge_;
};

// Counts observations by size.
class Histogram {
 public:
  void Observe(double value) const;
  // In seconds.
  void Observe(absl::Duration value) const { Observe(absl::ToDoubleSeconds(value)); }

 private:
  friend class HistogramFamily;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  prometheus::Histogram* histogram_;
};

// The metrics of one name; With() gives the one with these labels, the same one for the same
// labels. With() takes a lock.
class CounterFamily {
 public:
  Counter With(const Labels& labels = {}) const;

 private:
  friend class Registry;
  explicit CounterFamily(prometheus::Family<prometheus::Counter>* family) : family_(family) {}
  prometheus::Family<prometheus::Counter>* family_;
};

class GaugeFamily {
 public:
  Gauge With(const Labels& labels = {}) const;

 private:
  friend class Registry;
  explicit GaugeFamily(prometheus::Family<prometheus::Gauge>* family) : family_(family) {}
  prometheus::Family<prometheus::Gauge>* family_;
};

class HistogramFamily {
 public:
  Histogram With(const Labels& labels = {}) const;

 private:
  friend class Registry;
  HistogramFamily(prometheus::Family<prometheus::Histogram>* family, std::vector<double> bounds)
      : family_(family), bounds_(std::move(bounds)) {}
  prometheus::Family<prometheus::Histogram>* family_;
  std::vector<double> bounds_;
};

// Upper bounds in seconds for the time of one call: 0.5 ms to 30 s.
std::vector<double> LatencyBounds();

// All metrics of one program. Names begin with "restante_PROGRAM_" and end in their unit
// (_seconds, _octets) and, for counters, "_total"; a name is used for one kind of metric only.
// Thread-safe. Lives in app.cc and outlives every handle.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The family of that name; the same one when asked again. `help` is for people. A name that does
  // not begin with "restante_", or that is in use for another kind, is a broken invariant.
  CounterFamily Counters(const std::string& name, const std::string& help);
  GaugeFamily Gauges(const std::string& name, const std::string& help);
  // `bounds` ascend.
  HistogramFamily Histograms(const std::string& name, const std::string& help,
                             std::vector<double> bounds = LatencyBounds());

  // Everything in Prometheus's text format.
  std::string Render() const;

 private:
  friend class Endpoint;
  class Engine;
  const std::shared_ptr<Engine> engine_;
};

// Serves GET /metrics over HTTP from threads of its own until it is destroyed.
class Endpoint {
 public:
  // `address` is HOST:PORT; port 0 takes a free one. UNAVAILABLE, with the address, when it cannot
  // listen there. `registry` may end before the endpoint.
  static absl::StatusOr<std::unique_ptr<Endpoint>> Start(const std::string& address,
                                                         const Registry& registry);
  ~Endpoint();

  int port() const { return port_; }

 private:
  class Engine;
  Endpoint(std::unique_ptr<Engine> engine, int port);

  const std::unique_ptr<Engine> engine_;
  const int port_;
};

}  // namespace restante::metrics

#endif  // RESTANTE_COMMON_METRICS_METRICS_H_
