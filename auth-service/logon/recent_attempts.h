#ifndef RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/logon/attempt.h"
#include "common/base/change_signal.h"
#include "common/base/mutex.h"

namespace restante::logon {

// The last attempts of this replica, for operators. Lost with the process; the log
// keeps the rest. Some 20 MiB when full. Thread-safe.
class RecentAttempts {
 public:
  static constexpr size_t kMaxAttempts = 10'000;

  explicit RecentAttempts(size_t max_attempts = kMaxAttempts) : max_attempts_(max_attempts) {}

  void Add(Attempt attempt);

  // The latest attempt with this reference ("7F3A-22Q9"; in any case, with or without the dash, and
  // O, I and L read as the digits they look like). nullptr when it is not remembered.
  std::shared_ptr<const Attempt> Find(absl::string_view reference) const;

  // Numbers count from 1 as long as this lives.
  struct Numbered {
    uint64_t number = 0;
    std::shared_ptr<const Attempt> attempt;
  };
  // All that are remembered and have a number below `before`, latest first.
  std::vector<Numbered> Latest(uint64_t before = std::numeric_limits<uint64_t>::max()) const;

  // The number of the latest; 0 when there was none.
  uint64_t Count() const;
  struct Since {
    std::vector<Numbered> attempts;  // oldest first
    uint64_t missed = 0;             // so many before them are not remembered any more
  };
  // Those behind number `after`, at most `limit`.
  Since After(uint64_t after, size_t limit) const;
  // Calls back once each attempt is remembered, as ChangeSignal does, on the thread that decided
  // it.
  std::unique_ptr<ChangeSignal::Subscription> OnAdd(std::function<void()> callback) {
    return added_signal_.Subscribe(std::move(callback));
  }

 private:
  struct Remembered {
    std::string reference;
    std::shared_ptr<const Attempt> attempt;
    uint64_t number = 0;
  };

  void Remember(Attempt attempt);

  const size_t max_attempts_;
  ChangeSignal added_signal_;  // its callbacks may take mutex_
  mutable Mutex mutex_;
  std::deque<Remembered> attempts_ ABSL_GUARDED_BY(mutex_);  // oldest first
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, std::shared_ptr<const Attempt>> by_reference_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_
