#ifndef RESTANTE_COMMON_BASE_CLOCK_H_
#define RESTANTE_COMMON_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace restante {

// Time, as an argument. The programs pass SystemClock (common/app), tests a FakeClock
// (tests/support). Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // The calendar time. May jump either way; only for what people and other machines read.
  virtual absl::Time WallNow() const = 0;

  // Time since a fixed point of this process; never goes back, never jumps with the calendar. For
  // leases, deadlines and intervals.
  virtual absl::Duration MonotonicNow() const = 0;
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_CLOCK_H_
