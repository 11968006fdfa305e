#include "common/metrics/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/mutex.h"

namespace restante::metrics {

// Keeps the kind of each name: prometheus-cpp throws where one is used for two.
class Registry::Engine {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };

  void Claim(const std::string& name, Kind kind) {
    RESTANTE_CHECK(absl::StartsWith(name, "restante_"));
    MutexLock lock(&mutex_);
    RESTANTE_CHECK(kinds_.emplace(name, kind).first->second == kind);
  }

  const std::shared_ptr<prometheus::Registry> registry =
      std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge);

 private:
  Mutex mutex_;
  std::map<std::string, Kind> kinds_ ABSL_GUARDED_BY(mutex_);
};

void Counter::Add(double amount) const { counter_->Increment(amount); }
void Gauge::Set(double value) const { gauge_->Set(value); }
void Gauge::Add(double amount) const { gauge_->Increment(amount); }
void Histogram::Observe(double value) const { histogram_->Observe(value); }

Counter CounterFamily::With(const Labels& labels) const { return Counter(&family_->Add(labels)); }
Gauge GaugeFamily::With(const Labels& labels) const { return Gauge(&family_->Add(labels)); }
Histogram HistogramFamily::With(const Labels& labels) const {
  return Histogram(&family_->Add(labels, bounds_));
}

std::vector<double> LatencyBounds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

Registry::Registry() : engine_(std::make_shared<Engine>()) {}
Registry::~Registry() = default;

CounterFamily Registry::Counters(const std::string& name, const std::string& help) {
  engine_->Claim(name, Engine::Kind::kCounter);
  return CounterFamily(
      &prometheus::BuildCounter().Name(name).Help(help).Register(*engine_->registry));
}

GaugeFamily Registry::Gauges(const std::string& name, const std::string& help) {
  engine_->Claim(name, Engine::Kind::kGauge);
  return GaugeFamily(&prometheus::BuildGauge().Name(name).Help(help).Register(*engine_->registry));
}

HistogramFamily Registry::Histograms(const std::string& name, const std::string& help,
                                     std::vector<double> bounds) {
  engine_->Claim(name, Engine::Kind::kHistogram);
  return HistogramFamily(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(*engine_->registry),
      std::move(bounds));
}

std::string Registry::Render() const {
  return prometheus::TextSerializer().Serialize(engine_->registry->Collect());
}

class Endpoint::Engine {
 public:
  Engine(const std::string& address, std::shared_ptr<prometheus::Registry> registry)
      : registry_(std::move(registry)), exposer_(address, kThreads) {
    exposer_.RegisterCollectable(registry_);
  }

  int port() const { return exposer_.GetListeningPorts().front(); }

 private:
  static constexpr size_t kThreads = 1;

  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<Endpoint>> Endpoint::Start(const std::string& address,
                                                          const Registry& registry) {
  // prometheus-cpp and its web server report by exception.
  try {
    auto engine = std::make_unique<Engine>(address, registry.engine_->registry);
    const int port = engine->port();
    return std::unique_ptr<Endpoint>(new Endpoint(std::move(engine), port));
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("metrics: cannot listen on ", address, ": ", error.what()));
  }
}

Endpoint::Endpoint(std::unique_ptr<Engine> engine, int port)
    : engine_(std::move(engine)), port_(port) {}
Endpoint::~Endpoint() = default;

}  // namespace restante::metrics
