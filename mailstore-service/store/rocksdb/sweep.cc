#include <algorithm>
#include <memory>
#include <string>

#include "common/base/status_macros.h"
#include "mailstore-service/store/rocksdb/body_writer.h"
#include "mailstore-service/store/rocksdb/store_on_disk.h"

namespace restante::mailstore {

bool StoreOnDisk::IsOver(const std::optional<codec::Outcome>& outcome) const {
  return !outcome || clock_.WallNow() - outcome->when >= kOutcomeKept;
}

bool StoreOnDisk::IsOver(const std::optional<codec::MailboxRecord>& record) const {
  if (!record || record->state == codec::MailboxState::kActive) return false;
  return record->state == codec::MailboxState::kPurging ||
         clock_.WallNow() - record->delete_time >= kept_.deleted_mailboxes;
}

bool StoreOnDisk::IsOver(absl::string_view key, absl::string_view value) const {
  switch (swept_) {
    case Swept::kDeliveries:
      return deliveries_.IsOver(key, codec::DecodeDelivery(value));
    case Swept::kOutcomes:
      return IsOver(codec::DecodeOutcome(value));
    case Swept::kDeleted:
      return deleted_.IsOver(key, value);
    case Swept::kMailboxes:
      return IsOver(codec::DecodeMailbox(value));
    case Swept::kReleased:
      return codec::BodyIdOfReleasedKey(key).has_value();
  }
  return false;
}

absl::StatusOr<bool> StoreOnDisk::RemoveIfOver(const std::string& key, size_t limit) {
  absl::Status removed;
  switch (swept_) {
    case Swept::kDeliveries:
      removed = deliveries_.RemoveIfOver(key);
      break;
    case Swept::kOutcomes:
      removed = RemoveOutcome(key);
      break;
    case Swept::kDeleted:
      removed = PurgeIfOver(key);
      break;
    case Swept::kMailboxes:
      return PurgeMailboxIfOver(key, limit);
    case Swept::kReleased:
      removed = RemoveReleased(key);
      break;
  }
  if (!removed.ok()) return removed;
  return true;
}

absl::StatusOr<SweepResult> StoreOnDisk::Sweep(size_t limit) {
  SweepResult result;
  limit = std::max<size_t>(limit, 1);
  rocksdb::ColumnFamilyHandle* const families[] = {database_->deliveries(), database_->outcomes(),
                                                   database_->deleted(), database_->records(),
                                                   database_->defaults()};
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), families[static_cast<size_t>(swept_)]));
  it->Seek(sweep_key_);
  for (size_t looked_at = 0; it->Valid() && looked_at < limit; ++looked_at) {
    if (IsOver(ToView(it->key()), ToView(it->value()))) {
      RESTANTE_ASSIGN_OR_RETURN(const bool gone, RemoveIfOver(it->key().ToString(), limit));
      ++result.removed;
      if (!gone) break;  // the next call goes on with it
    }
    it->Next();
  }
  if (!it->status().ok()) return database_->CannotRead(it->status());
  sweep_key_ = it->Valid() ? it->key().ToString() : "";
  if (it->Valid()) return result;
  result.round_done = swept_ == Swept::kReleased;
  if (result.round_done) {
    RESTANTE_RETURN_IF_ERROR(space_.ReclaimIfDue());
    RESTANTE_RETURN_IF_ERROR(audit_.Trim(clock_.WallNow() - kept_.audit_entries).status());
  }
  swept_ =
      result.round_done ? Swept::kDeliveries : static_cast<Swept>(static_cast<int>(swept_) + 1);
  return result;
}

absl::Status StoreOnDisk::PurgeIfOver(const std::string& key) {
  const std::string mailbox_id = codec::MailboxIdOfIndexKey(key);
  Turn turn(&holder_turns_, {mailbox_id});
  // It may have been brought back meanwhile, and deleted again.
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_->Get(database_->deleted(), key));
  if (!value || !deleted_.IsOver(key, *value)) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  RESTANTE_RETURN_IF_ERROR(
      deleted_.AddPurge(mailbox_id, {codec::MessageIdOfIndexKey(key)}, &batch).status());
  return database_->Write(&batch, false);
}

absl::StatusOr<bool> StoreOnDisk::PurgeMailboxIfOver(const std::string& mailbox_id, size_t limit) {
  Turn turn(&holder_turns_, {mailbox_id});
  // It may have been brought back meanwhile.
  RESTANTE_ASSIGN_OR_RETURN(const codec::MailboxRecord record, records_.Get(mailbox_id));
  if (!IsOver(std::optional(record))) return true;
  return PurgeInTurn(mailbox_id, record, limit, {kProgramName, "PurgeMailbox"});
}

absl::Status StoreOnDisk::RemoveOutcome(const std::string& key) {
  rocksdb::WriteBatch batch;
  batch.Delete(database_->outcomes(), key);
  return database_->Write(&batch, false);
}

absl::Status StoreOnDisk::RemoveReleased(const std::string& key) {
  const std::optional<uint64_t> body_id = codec::BodyIdOfReleasedKey(key);
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_->Get(database_->defaults(), key));
  const std::optional<int64_t> octets = codec::DecodeReleased(value.value_or(""));
  if (!body_id || !octets) return absl::OkStatus();
  const std::string prefix = codec::ReferencePrefix(*body_id);
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->references()));
  it->Seek(prefix);
  if (!it->status().ok()) return database_->CannotRead(it->status());
  rocksdb::WriteBatch batch;
  // References come with the delivery and never later: when there is none, there never will be. One
  // that goes at this moment leaves a mark of its own.
  const bool is_referred_to = it->Valid() && it->key().starts_with(prefix);
  if (!is_referred_to) AddBodyRemoval(*database_, *body_id, *octets, &batch);
  batch.Delete(database_->defaults(), key);
  return database_->Write(&batch, false);
}

}  // namespace restante::mailstore
