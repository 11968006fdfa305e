#include <string>
#include <utility>
#include <vector>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/rocksdb/body_reader.h"
#include "mailstore-service/store/rocksdb/store_on_disk.h"

namespace restante::mailstore {

absl::StatusOr<std::vector<MessageSummary>> StoreOnDisk::ListMessages(const std::string& mailbox_id,
                                                                      uint64_t after,
                                                                      size_t limit) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  RESTANTE_ASSIGN_OR_RETURN(Listing list, List(mailbox_id, after + 1, limit));
  return std::move(list.messages);
}

absl::StatusOr<std::vector<DeletedMessage>> StoreOnDisk::ListDeletedMessages(
    const std::string& mailbox_id, uint64_t after, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  return deleted_.List(mailbox_id, after, limit);
}

absl::StatusOr<std::unique_ptr<MessageReader>> StoreOnDisk::ReadMessage(
    const std::string& mailbox_id, uint64_t message_id) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  return ReadFrom(mailbox_id, {message_id, 0, std::nullopt});
}

absl::StatusOr<int64_t> StoreOnDisk::ChangeMessages(
    const std::string& mailbox_id, const audit::Author& author,
    const std::function<absl::StatusOr<MessagesChange>(rocksdb::WriteBatch*)>& add,
    FieldChanges (*changes_of)(const std::vector<uint64_t>& ids)) {
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_RETURN_IF_ERROR(CheckChangeable(mailbox_id));
  rocksdb::WriteBatch batch;
  RESTANTE_ASSIGN_OR_RETURN(const MessagesChange change, add(&batch));
  batch.Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage(change.usage));
  RESTANTE_RETURN_IF_ERROR(
      audit_.Write(author, mailbox_id, changes_of(change.message_ids), &batch));
  return static_cast<int64_t>(change.message_ids.size());
}

absl::StatusOr<int64_t> StoreOnDisk::DeleteMessages(const std::string& mailbox_id,
                                                    const std::vector<uint64_t>& message_ids,
                                                    const audit::Author& author) {
  const MessageDeletion deletion{clock_.WallNow(), "", "", author.caller};
  const auto add = [&](rocksdb::WriteBatch* batch) {
    return deleted_.AddDeletion(mailbox_id, message_ids, deletion, batch);
  };
  return ChangeMessages(mailbox_id, author, add, DeletionOfMessages);
}

absl::StatusOr<int64_t> StoreOnDisk::UndeleteMessages(const std::string& mailbox_id,
                                                      const std::vector<uint64_t>& message_ids,
                                                      const audit::Author& author) {
  const IndexStarts::Restoral restoral(&starts_);
  const auto add = [&](rocksdb::WriteBatch* batch) {
    return deleted_.AddRestoral(mailbox_id, message_ids, batch);
  };
  return ChangeMessages(mailbox_id, author, add, UndeletionOfMessages);
}

absl::StatusOr<int64_t> StoreOnDisk::PurgeDeletedMessages(const std::string& mailbox_id,
                                                          const std::vector<uint64_t>& message_ids,
                                                          const audit::Author& author) {
  const auto add = [&](rocksdb::WriteBatch* batch) {
    return deleted_.AddPurge(mailbox_id, message_ids, batch);
  };
  return ChangeMessages(mailbox_id, author, add, PurgeOfMessages);
}

absl::StatusOr<RetentionResult> StoreOnDisk::ApplyRetention(const std::string& mailbox_id,
                                                            uint64_t after, size_t limit,
                                                            bool validate_only,
                                                            const audit::Author& author) {
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo mailbox, GetMailbox(mailbox_id));
  if (mailbox.deletion) return MailboxIsDeleted();
  // Nothing goes under a session's hands (RFC 1939 section 3).
  if (mailbox.session && !validate_only) return MaildropInUse();
  RESTANTE_ASSIGN_OR_RETURN(const Listing list, List(mailbox_id, after + 1, limit));
  RetentionResult result;
  result.looked_through.done = list.messages.size() < limit;
  std::vector<uint64_t> ids;
  for (const MessageSummary& message : list.messages) {
    result.looked_through.last_message_id = message.message_id;
    ++result.looked_through.seen.count;
    result.looked_through.seen.octets += message.size_octets;
    if (!IsExpired(mailbox.retention, message, clock_.WallNow())) continue;
    ids.push_back(message.message_id);
    ++result.expired.count;
    result.expired.octets += message.size_octets;
  }
  if (validate_only || ids.empty()) return result;
  rocksdb::WriteBatch batch;
  RESTANTE_ASSIGN_OR_RETURN(
      const MessagesChange removed,
      deleted_.AddDeletion(mailbox_id, ids, {clock_.WallNow(), "", "", author.caller}, &batch));
  batch.Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage(removed.usage));
  RESTANTE_RETURN_IF_ERROR(
      audit_.Write(author, mailbox_id, DeletionOfMessages(removed.message_ids), &batch));
  return result;
}

bool StoreOnDisk::IsReadable(const codec::IndexEntry& entry) const {
  const std::unique_ptr<MessageReader> reader =
      NewBodyReader(database_, entry, MessageRead(), BodyCheck::kRecord);
  absl::StatusOr<std::string> piece = reader->Next();
  while (piece.ok() && !piece->empty()) piece = reader->Next();
  return piece.ok();
}

absl::StatusOr<std::optional<DamagedMessage>> StoreOnDisk::Verify(const std::string& mailbox_id,
                                                                  const rocksdb::Iterator& row,
                                                                  bool deleted,
                                                                  MessageTotals* seen) const {
  const absl::string_view key = ToView(row.key());
  const std::optional<codec::IndexEntry> entry =
      codec::DecodeEntryOf(deleted, key, ToView(row.value()));
  ++seen->count;
  if (entry) seen->octets += entry->summary.size_octets;
  if (entry && IsReadable(*entry)) return std::optional<DamagedMessage>();
  // It may have been removed for good meanwhile.
  RESTANTE_ASSIGN_OR_RETURN(
      const std::optional<std::string> still_there,
      database_->Get(deleted ? database_->deleted() : database_->index(), key));
  if (!still_there) return std::optional<DamagedMessage>();
  const uint64_t id = codec::MessageIdOfIndexKey(key);
  ReportDamage(mailbox_id, id);
  return std::optional(DamagedMessage{id, deleted});
}

absl::StatusOr<VerificationResult> StoreOnDisk::VerifyMessages(const std::string& mailbox_id,
                                                               uint64_t after, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  const std::string end = codec::MailboxEnd(mailbox_id);
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  const auto seek = [&](rocksdb::ColumnFamilyHandle* family) {
    std::unique_ptr<rocksdb::Iterator> it(database_->db().NewIterator(options, family));
    it->Seek(codec::IndexKey(mailbox_id, after + 1));
    return it;
  };
  const std::unique_ptr<rocksdb::Iterator> present = seek(database_->index());
  const std::unique_ptr<rocksdb::Iterator> deleted = seek(database_->deleted());
  VerificationResult result;
  LookedThrough& looked_through = result.looked_through;
  for (size_t i = 0; i < limit && (present->Valid() || deleted->Valid()); ++i) {
    // Both in one order, so that the next call can go on behind one id.
    const bool is_deleted =
        !present->Valid() || (deleted->Valid() && deleted->key().compare(present->key()) < 0);
    rocksdb::Iterator& row = is_deleted ? *deleted : *present;
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<DamagedMessage> damaged,
                              Verify(mailbox_id, row, is_deleted, &looked_through.seen));
    if (damaged) result.damaged.push_back(*damaged);
    looked_through.last_message_id = codec::MessageIdOfIndexKey(ToView(row.key()));
    row.Next();
  }
  looked_through.done = !present->Valid() && !deleted->Valid();
  for (const rocksdb::Iterator* it : {present.get(), deleted.get()}) {
    if (!it->status().ok()) return database_->CannotRead(it->status());
  }
  return result;
}

}  // namespace restante::mailstore
