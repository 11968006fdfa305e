#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_AUDIT_WRITER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_AUDIT_WRITER_H_

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/audit/rocksdb/entry_family.h"
#include "common/audit/trail.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "mailstore-service/store/mailbox_changes.h"
#include "mailstore-service/store/rocksdb/database.h"

namespace restante::mailstore {

// Writes the changes of operators, each with its audit entry. Thread-safe; one write at a time, so
// that numbers have no gaps.
class AuditWriter {
 public:
  // Both outlive this.
  AuditWriter(Database* database, const Clock& clock);

  // Writes `batch` durably, and with it an entry of `changes`; none when there are none. The errors
  // of Database::Write; DATA_LOSS, with nothing written, when the entries that are there could not
  // be read.
  absl::Status Write(const audit::Author& author, const std::string& mailbox_id,
                     FieldChanges changes, rocksdb::WriteBatch* batch);

  // As Mailstore::ListAudit.
  absl::StatusOr<std::vector<audit::Entry>> List(uint64_t before, size_t limit) const;
  // As audit::Trail::Trim.
  absl::StatusOr<size_t> Trim(absl::Time oldest);

 private:
  Database& database_;
  const Clock& clock_;
  mutable Mutex mutex_;
  audit::EntryFamily entries_ ABSL_GUARDED_BY(mutex_);
  const absl::StatusOr<audit::Numbers> numbers_;  // at the start
  audit::Trail trail_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_AUDIT_WRITER_H_
