#ifndef RESTANTE_TESTS_SUPPORT_FAKE_RANDOM_H_
#define RESTANTE_TESTS_SUPPORT_FAKE_RANDOM_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/base/random.h"

namespace restante {

// Repeatable bytes: first what the test asked for, then a counted sequence that never repeats
// within a test. Thread-safe.
class FakeRandom : public Random {
 public:
  std::string Bytes(size_t count) override;

  // The next bytes to hand out, before the counted ones go on.
  void Next(absl::string_view bytes);

 private:
  Mutex mutex_;
  std::string scripted_ ABSL_GUARDED_BY(mutex_);
  uint64_t state_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_FAKE_RANDOM_H_
