#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_KEPT_RECIPIENTS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_KEPT_RECIPIENTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "mailstore-service/lmtp/protocol/event.h"

namespace restante::lmtp {

// Recipients that auth found, for as long as its directory is known not to have changed since. What
// was not found is not kept: an account that is made now receives mail now. Thread-safe.
class KeptRecipients {
 public:
  static constexpr size_t kMaxRecipients = 10'000;

  // None is kept for longer than `longest`, whatever is heard of the directory: an auth that died
  // without a word is missed late. `clock` outlives this.
  KeptRecipients(const Clock& clock, absl::Duration longest) : clock_(clock), longest_(longest) {}

  // The directory is at `revision`, and a later one will be told.
  void SetRevision(uint64_t revision);
  // Nobody tells of changes any more: nothing is kept until the next SetRevision.
  void Forget();

  std::optional<RecipientFound> Find(const std::string& address) const;
  // `revision`: what the directory had reached when auth looked.
  void Keep(const std::string& address, const RecipientFound& recipient, uint64_t revision);

 private:
  struct Entry {
    RecipientFound recipient;
    absl::Duration expiry;  // by MonotonicNow
  };

  const Clock& clock_;
  const absl::Duration longest_;
  mutable Mutex mutex_;
  std::optional<uint64_t> revision_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_KEPT_RECIPIENTS_H_
