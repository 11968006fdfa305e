#ifndef RESTANTE_TESTS_BENCH_LOAD_LATENCY_HISTOGRAM_H_
#define RESTANTE_TESTS_BENCH_LOAD_LATENCY_HISTOGRAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace restante::load {

// Counts durations in classes that are 1/32 of their value wide: a percentile is at most 3 % too
// high, whatever its size. Not for several threads; each has its own, and they are added at the
// end.
class LatencyHistogram {
 public:
  LatencyHistogram();

  void Record(std::chrono::nanoseconds latency);
  void Add(const LatencyHistogram& other);

  uint64_t count() const { return count_; }
  // The upper end of the class in which `part` (0 to 1) of all lie, 0 when there are none.
  double PercentileMicroseconds(double part) const;
  double MaxMicroseconds() const { return static_cast<double>(max_) / 1e3; }

 private:
  std::vector<uint64_t> classes_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_LATENCY_HISTOGRAM_H_
