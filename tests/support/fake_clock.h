#ifndef RESTANTE_TESTS_SUPPORT_FAKE_CLOCK_H_
#define RESTANTE_TESTS_SUPPORT_FAKE_CLOCK_H_

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace restante {

// A clock that stands still until the test moves it. Thread-safe.
class FakeClock : public Clock {
 public:
  absl::Time WallNow() const override;
  absl::Duration MonotonicNow() const override;

  // Moves both times.
  void Advance(absl::Duration by);
  // Moves the calendar alone, as an operator or NTP does.
  void JumpWall(absl::Duration by);

 private:
  mutable Mutex mutex_;
  absl::Time wall_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
  absl::Duration monotonic_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_FAKE_CLOCK_H_
