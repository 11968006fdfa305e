#ifndef RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/strings/string_view.h"
#include "auth-service/logon/attempt.h"
#include "common/base/mutex.h"

namespace restante::logon {

// The last attempts of this replica by reference, for ExplainLogon. Lost with the process; the log
// keeps the rest. Some 20 MiB when full. Thread-safe.
class RecentAttempts {
 public:
  static constexpr size_t kMaxAttempts = 10'000;

  explicit RecentAttempts(size_t max_attempts = kMaxAttempts) : max_attempts_(max_attempts) {}

  void Add(Attempt attempt);

  // The latest attempt with this reference ("7F3A-22Q9"; in any case, with or without the dash, and
  // O, I and L read as the digits they look like). nullptr when it is not remembered.
  std::shared_ptr<const Attempt> Find(absl::string_view reference) const;

 private:
  struct Remembered {
    std::string reference;
    std::shared_ptr<const Attempt> attempt;
  };

  const size_t max_attempts_;
  mutable Mutex mutex_;
  std::deque<Remembered> attempts_ ABSL_GUARDED_BY(mutex_);  // oldest first
  std::unordered_map<std::string, std::shared_ptr<const Attempt>> by_reference_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_RECENT_ATTEMPTS_H_
