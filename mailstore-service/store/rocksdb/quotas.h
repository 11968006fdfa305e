#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_QUOTAS_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_QUOTAS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// What the mailboxes on disk may hold. Thread-safe.
class Quotas {
 public:
  // `database` outlives this.
  Quotas(Database* database, const MailboxLimits& defaults)
      : database_(*database), defaults_(defaults) {}

  // OK for another message of `size_octets`, or QUOTA_EXCEEDED.
  absl::Status Check(const std::string& mailbox_id, int64_t size_octets) const;
  // The mailbox's own.
  absl::StatusOr<MailboxQuota> Get(const std::string& mailbox_id) const;
  absl::Status Set(const std::string& mailbox_id, const MailboxQuota& quota);

  const MailboxLimits& defaults() const { return defaults_; }

 private:
  Database& database_;
  const MailboxLimits defaults_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_QUOTAS_H_
