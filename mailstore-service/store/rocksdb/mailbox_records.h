#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_MAILBOX_RECORDS_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_MAILBOX_RECORDS_H_

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// What is known of the mailboxes on disk beside their messages. Thread-safe; who changes a record
// has the mailbox's turn from reading it to writing the batch.
class MailboxRecords {
 public:
  // `database` outlives this.
  MailboxRecords(Database* database, const MailboxDefaults& defaults)
      : database_(*database), defaults_(defaults) {}

  // Whether there is a mailbox.
  absl::StatusOr<std::optional<codec::Usage>> FindUsage(
      const std::string& mailbox_id,
      const rocksdb::ReadOptions& options = rocksdb::ReadOptions()) const;
  // A record as of a new mailbox when there is none.
  absl::StatusOr<codec::MailboxRecord> Get(const std::string& mailbox_id) const;
  // Adds the record under a new revision, and the mailbox when it is not there, to `batch`.
  void AddPut(const std::string& mailbox_id, codec::MailboxRecord record,
              rocksdb::WriteBatch* batch) const;

  // MAILBOX_DELETED.
  absl::Status CheckActive(const std::string& mailbox_id) const;
  // MAILBOX_DELETED, or QUOTA_EXCEEDED for another message of `size_octets`.
  absl::Status CheckDelivery(const std::string& mailbox_id, int64_t size_octets) const;

  const MailboxDefaults& defaults() const { return defaults_; }

 private:
  Database& database_;
  const MailboxDefaults defaults_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_MAILBOX_RECORDS_H_
