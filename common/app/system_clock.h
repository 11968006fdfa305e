#ifndef RESTANTE_COMMON_APP_SYSTEM_CLOCK_H_
#define RESTANTE_COMMON_APP_SYSTEM_CLOCK_H_

#include "common/base/clock.h"

namespace restante::app {

// The machine's time. Monotonic time goes on while the machine sleeps (CLOCK_BOOTTIME).
class SystemClock : public Clock {
 public:
  absl::Time WallNow() const override;
  absl::Duration MonotonicNow() const override;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_SYSTEM_CLOCK_H_
