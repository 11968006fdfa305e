#include "mailstore-service/store/rocksdb/audit_writer.h"

#include <utility>

#include "common/base/status_macros.h"

namespace restante::mailstore {
namespace {

// What `read` gives, once more when what it met was damaged and could be mended.
template <typename Read>
auto ReadMending(const Database& database, const Read& read) {
  auto result = read();
  if (result.ok() || !database.Mend(result.status().message())) return result;
  return read();
}

}  // namespace

AuditWriter::AuditWriter(Database* database, const Clock& clock)
    : database_(*database),
      clock_(clock),
      entries_(&database->db(), database->audit()),
      numbers_(ReadMending(*database, [this] { return entries_.ReadNumbers(); })),
      trail_(&entries_, numbers_.value_or(audit::Numbers())) {}

absl::Status AuditWriter::Write(const audit::Author& author, const std::string& mailbox_id,
                                FieldChanges changes, rocksdb::WriteBatch* batch) {
  if (changes.empty()) return database_.Write(batch, true);
  RESTANTE_RETURN_IF_ERROR(numbers_.status());
  MutexLock lock(&mutex_);
  entries_.AddPut(EntryOf(mailbox_id, author, std::move(changes), trail_.next(), clock_.WallNow()),
                  batch);
  RESTANTE_RETURN_IF_ERROR(database_.Write(batch, true));
  trail_.CountAdded(1);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<audit::Entry>> AuditWriter::List(uint64_t before, size_t limit) const {
  MutexLock lock(&mutex_);
  return ReadMending(database_, [&] { return entries_.Read(before, limit); });
}

absl::StatusOr<size_t> AuditWriter::Trim(absl::Time oldest) {
  RESTANTE_RETURN_IF_ERROR(numbers_.status());
  MutexLock lock(&mutex_);
  return trail_.Trim(oldest);
}

}  // namespace restante::mailstore
