#include "common/app/system_clock.h"

#include <time.h>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace restante::app {

absl::Time SystemClock::WallNow() const { return absl::Now(); }

absl::Duration SystemClock::MonotonicNow() const {
  timespec now;
  RESTANTE_CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  return absl::DurationFromTimespec(now);
}

}  // namespace restante::app
