#include "tests/support/fake_clock.h"

namespace restante {

absl::Time FakeClock::WallNow() const {
  MutexLock lock(&mutex_);
  return wall_;
}

absl::Duration FakeClock::MonotonicNow() const {
  MutexLock lock(&mutex_);
  return monotonic_;
}

void FakeClock::Advance(absl::Duration by) {
  MutexLock lock(&mutex_);
  wall_ += by;
  monotonic_ += by;
}

void FakeClock::JumpWall(absl::Duration by) {
  MutexLock lock(&mutex_);
  wall_ += by;
}

}  // namespace restante
