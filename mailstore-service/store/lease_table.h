#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_LEASE_TABLE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_LEASE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// Who holds which mailbox. Expiry, on the monotonic clock, decides only how long a holder that
// fell silent keeps others out; what fences a stale holder is the epoch, which changes with every
// new holder. Not thread-safe: a store keeps it under its lock.
class LeaseTable {
 public:
  LeaseTable(uint64_t boot, absl::Duration ttl, const Clock& clock)
      : boot_(boot), ttl_(ttl), clock_(clock) {}

  // MAILDROP_IN_USE. The same session gets its lease again, renewed.
  absl::StatusOr<Lease> Acquire(const std::string& mailbox_id, const SessionInfo& session);

  // Puts back what an earlier start of the store had given, with a whole ttl from now.
  void Restore(const Lease& lease, const SessionInfo& session);

  // LEASE_LOST unless `lease` is the mailbox's present one.
  absl::Status Check(const Lease& lease) const;
  // DELETE_NOT_GRANTED when its session may only read.
  absl::Status CheckDelete(const Lease& lease) const;
  absl::Status Renew(const Lease& lease);

  // Lets the mailbox go; nothing happens when `lease` is not the present one.
  void Release(const Lease& lease);

  // Whose lease it is; nullopt unless it is the present one.
  std::optional<SessionInfo> SessionOf(const Lease& lease) const;

  // Lets the mailbox go, whoever has it: the holder, when its lease had not run out.
  std::optional<SessionInfo> Break(const std::string& mailbox_id);

  // The holder, when its lease has not run out.
  std::optional<SessionInfo> Holder(const std::string& mailbox_id) const;

 private:
  struct Entry {
    SessionInfo session;
    Epoch epoch;
    absl::Duration expires;
  };
  const Entry* Find(const Lease& lease) const;

  const uint64_t boot_;
  const absl::Duration ttl_;
  const Clock& clock_;
  uint64_t last_counter_ = 0;
  absl::flat_hash_map<std::string, Entry> entries_;  // by mailbox id
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_LEASE_TABLE_H_
