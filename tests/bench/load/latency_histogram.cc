#include "tests/bench/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace restante::load {
namespace {

constexpr unsigned kPartBits = 5;  // 32 classes from one power of two to the next
constexpr uint64_t kParts = uint64_t{1} << kPartBits;

size_t ClassOf(uint64_t value) {
  if (value < kParts) return value;
  unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kPartBits;
  return (shift + 1) * kParts + ((value >> shift) - kParts);
}

uint64_t UpperEnd(size_t index) {
  if (index < kParts) return index;
  uint64_t shift = index / kParts - 1;
  return ((index % kParts + kParts + 1) << shift) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : classes_((64 - kPartBits + 1) * kParts) {}

void LatencyHistogram::Record(std::chrono::nanoseconds latency) {
  uint64_t value = static_cast<uint64_t>(std::max<int64_t>(latency.count(), 0));
  ++classes_[ClassOf(value)];
  ++count_;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < classes_.size(); ++i) classes_[i] += other.classes_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

double LatencyHistogram::PercentileMicroseconds(double part) const {
  uint64_t wanted = static_cast<uint64_t>(std::ceil(part * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < classes_.size(); ++i) {
    seen += classes_[i];
    if (seen > 0 && seen >= wanted) return static_cast<double>(std::min(UpperEnd(i), max_)) / 1e3;
  }
  return 0;
}

}  // namespace restante::load
