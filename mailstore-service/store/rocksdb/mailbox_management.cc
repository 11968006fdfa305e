#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/rocksdb/body_writer.h"
#include "mailstore-service/store/rocksdb/store_on_disk.h"

namespace restante::mailstore {

absl::StatusOr<std::optional<MailboxInfo>> StoreOnDisk::InfoOf(const std::string& mailbox_id,
                                                               const codec::Usage& usage) {
  RESTANTE_ASSIGN_OR_RETURN(const codec::MailboxRecord record, records_.Get(mailbox_id));
  if (record.state == codec::MailboxState::kPurging) return std::optional<MailboxInfo>();
  MailboxInfo info;
  info.mailbox_id = mailbox_id;
  info.message_count = usage.count;
  info.total_size_octets = usage.octets;
  info.settings = record.settings;
  info.revision = record.revision;
  info.limits = LimitsOf(record.settings.quota, records_.defaults().limits);
  info.retention = RetentionOf(record.settings.retention, records_.defaults().retention);
  if (record.state == codec::MailboxState::kDeleted) {
    info.deletion = MailboxDeletion{record.delete_time, record.deleted_by,
                                    record.delete_time + kept_.deleted_mailboxes};
  }
  MutexLock lock(&mutex_);
  info.session = leases_.Holder(mailbox_id);
  return std::optional(std::move(info));
}

absl::StatusOr<MailboxInfo> StoreOnDisk::GetMailbox(const std::string& mailbox_id) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::Usage> usage,
                            records_.FindUsage(mailbox_id));
  if (!usage) return MailboxNotFound();
  RESTANTE_ASSIGN_OR_RETURN(std::optional<MailboxInfo> info, InfoOf(mailbox_id, *usage));
  if (!info) return MailboxNotFound();
  return *std::move(info);
}

absl::Status StoreOnDisk::CheckChangeable(const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo mailbox, GetMailbox(mailbox_id));
  return mailbox.deletion ? MailboxIsDeleted() : absl::OkStatus();
}

absl::StatusOr<std::vector<MailboxInfo>> StoreOnDisk::ListMailboxes(const std::string& after,
                                                                    size_t limit,
                                                                    bool show_deleted) {
  std::vector<MailboxInfo> infos;
  absl::Status status;
  const auto take = [&](absl::string_view key, absl::string_view value) {
    if (infos.size() == limit) return false;
    const codec::Usage usage = codec::DecodeUsage(value).value_or(codec::Usage());
    absl::StatusOr<std::optional<MailboxInfo>> info = InfoOf(std::string(key), usage);
    status = info.status();
    if (!status.ok()) return false;
    if (*info && (show_deleted || !(*info)->deletion)) infos.push_back(**std::move(info));
    return true;
  };
  // The first key behind `after` in byte order.
  RESTANTE_RETURN_IF_ERROR(
      database_->Visit(database_->mailboxes(), after + std::string(1, '\0'), "", take));
  RESTANTE_RETURN_IF_ERROR(status);
  return infos;
}

absl::Status StoreOnDisk::CreateMailbox(const std::string& mailbox_id,
                                        const MailboxSettings& settings,
                                        const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::Usage> usage,
                            records_.FindUsage(mailbox_id));
  if (usage) return MailboxExists();
  codec::MailboxRecord record;
  record.settings = settings;
  rocksdb::WriteBatch batch;
  records_.AddPut(mailbox_id, std::move(record), &batch);
  return audit_.Write(author, mailbox_id, CreationOf(settings), &batch);
}

absl::Status StoreOnDisk::UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                                        const MailboxSettings& settings,
                                        const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_RETURN_IF_ERROR(CheckChangeable(mailbox_id));
  RESTANTE_ASSIGN_OR_RETURN(codec::MailboxRecord record, records_.Get(mailbox_id));
  if (record.revision != revision) return MailboxChanged();
  FieldChanges changes = SettingsChanges(record.settings, settings);
  record.settings = settings;
  rocksdb::WriteBatch batch;
  records_.AddPut(mailbox_id, std::move(record), &batch);
  return audit_.Write(author, mailbox_id, std::move(changes), &batch);
}

absl::Status StoreOnDisk::DeleteMailbox(const std::string& mailbox_id,
                                        const audit::Author& author) {
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_RETURN_IF_ERROR(CheckChangeable(mailbox_id));
  RESTANTE_ASSIGN_OR_RETURN(codec::MailboxRecord record, records_.Get(mailbox_id));
  record.state = codec::MailboxState::kDeleted;
  record.delete_time = clock_.WallNow();
  record.deleted_by = author.caller;
  rocksdb::WriteBatch batch;
  records_.AddPut(mailbox_id, std::move(record), &batch);
  // Else its session would have it again after a restart.
  batch.Delete(database_->leases(), mailbox_id);
  RESTANTE_RETURN_IF_ERROR(audit_.Write(author, mailbox_id, DeletionOfMailbox(), &batch));
  MutexLock lock(&mutex_);
  leases_.Break(mailbox_id);
  return absl::OkStatus();
}

absl::StatusOr<codec::MailboxRecord> StoreOnDisk::GetDeletedRecord(const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::Usage> usage,
                            records_.FindUsage(mailbox_id));
  if (!usage) return MailboxNotFound();
  RESTANTE_ASSIGN_OR_RETURN(codec::MailboxRecord record, records_.Get(mailbox_id));
  if (record.state == codec::MailboxState::kActive) return MailboxIsNotDeleted();
  return record;
}

absl::Status StoreOnDisk::UndeleteMailbox(const std::string& mailbox_id,
                                          const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(codec::MailboxRecord record, GetDeletedRecord(mailbox_id));
  if (record.state == codec::MailboxState::kPurging) return MailboxNotFound();
  record.state = codec::MailboxState::kActive;
  record.deleted_by.clear();
  rocksdb::WriteBatch batch;
  records_.AddPut(mailbox_id, std::move(record), &batch);
  return audit_.Write(author, mailbox_id, UndeletionOfMailbox(), &batch);
}

absl::StatusOr<bool> StoreOnDisk::PurgeMailbox(const std::string& mailbox_id, size_t limit,
                                               const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(codec::MailboxRecord record, GetDeletedRecord(mailbox_id));
  return PurgeInTurn(mailbox_id, std::move(record), limit, author);
}

absl::StatusOr<bool> StoreOnDisk::PurgeInTurn(const std::string& mailbox_id,
                                              codec::MailboxRecord record, size_t limit,
                                              const audit::Author& author) {
  if (record.state != codec::MailboxState::kPurging) {
    record.state = codec::MailboxState::kPurging;
    FieldChanges changes = PurgeOfMailbox(record.settings);
    rocksdb::WriteBatch batch;
    records_.AddPut(mailbox_id, std::move(record), &batch);
    RESTANTE_RETURN_IF_ERROR(audit_.Write(author, mailbox_id, std::move(changes), &batch));
  }
  return RemoveSomeRecords(mailbox_id, limit);
}

absl::StatusOr<bool> StoreOnDisk::RemoveSomeRecords(const std::string& mailbox_id, size_t limit) {
  const std::string end = codec::MailboxEnd(mailbox_id);
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  rocksdb::WriteBatch batch;
  size_t left = limit;
  for (rocksdb::ColumnFamilyHandle* family :
       {database_->index(), database_->deleted(), database_->deliveries()}) {
    std::unique_ptr<rocksdb::Iterator> it(database_->db().NewIterator(options, family));
    for (it->Seek(codec::MailboxPrefix(mailbox_id)); it->Valid(); it->Next()) {
      if (left-- == 0) {
        RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
        return false;
      }
      const std::optional<codec::IndexEntry> entry = codec::DecodeEntryOf(
          family == database_->deleted(), ToView(it->key()), ToView(it->value()));
      // What lies under the key of a delivery does not decode as one.
      if (entry) AddBodyRelease(*database_, *entry, &batch);
      batch.Delete(family, it->key());
    }
    if (!it->status().ok()) return database_->CannotRead(it->status());
  }
  for (rocksdb::ColumnFamilyHandle* family :
       {database_->mailboxes(), database_->records(), database_->leases()}) {
    batch.Delete(family, mailbox_id);
  }
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return true;
}

absl::StatusOr<std::optional<SessionInfo>> StoreOnDisk::BreakLease(const std::string& mailbox_id,
                                                                   const audit::Author& author) {
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  std::optional<SessionInfo> holder;
  {
    MutexLock lock(&mutex_);
    holder = leases_.Break(mailbox_id);
  }
  // Else the session would have the mailbox again after a restart.
  rocksdb::WriteBatch batch;
  batch.Delete(database_->leases(), mailbox_id);
  RESTANTE_RETURN_IF_ERROR(
      audit_.Write(author, mailbox_id, holder ? SessionBroken(*holder) : FieldChanges(), &batch));
  return holder;
}

absl::Status StoreOnDisk::RecordAudit(const std::string& mailbox_id,
                                      const std::vector<audit::FieldChange>& changes,
                                      const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  rocksdb::WriteBatch batch;
  return audit_.Write(author, mailbox_id, changes, &batch);
}

absl::StatusOr<std::vector<audit::Entry>> StoreOnDisk::ListAudit(uint64_t before, size_t limit) {
  return audit_.List(before, limit);
}

}  // namespace restante::mailstore
