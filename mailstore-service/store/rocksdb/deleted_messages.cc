#include "mailstore-service/store/rocksdb/deleted_messages.h"

#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "mailstore-service/store/rocksdb/body_writer.h"

namespace restante::mailstore {

absl::StatusOr<MessagesChange> DeletedMessages::AddDeletion(const std::string& mailbox_id,
                                                            const std::vector<uint64_t>& ids,
                                                            const MessageDeletion& deletion,
                                                            rocksdb::WriteBatch* batch) const {
  MessagesChange change;
  const std::set<uint64_t> once(ids.begin(), ids.end());
  for (uint64_t id : once) {
    const std::string key = codec::IndexKey(mailbox_id, id);
    RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                              database_.Get(database_.index(), key));
    if (!value) continue;
    std::optional<codec::IndexEntry> entry = codec::DecodeIndexEntry(key, *value);
    // It stays, for who mends it; the others go.
    if (!entry) continue;
    batch->Delete(database_.index(), key);
    if (kept_ > absl::ZeroDuration()) {
      batch->Put(database_.deleted(), key, codec::EncodeDeleted({*entry, deletion}));
    } else {
      AddBodyRelease(database_, *entry, batch);
    }
    --change.usage.count;
    change.usage.octets -= entry->summary.size_octets;
    change.message_ids.push_back(id);
  }
  return change;
}

absl::StatusOr<std::optional<codec::DeletedEntry>> DeletedMessages::Find(
    const std::string& key) const {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_.Get(database_.deleted(), key));
  if (!value) return std::optional<codec::DeletedEntry>();
  return codec::DecodeDeleted(key, *value);
}

absl::StatusOr<MessagesChange> DeletedMessages::AddRestoral(const std::string& mailbox_id,
                                                            const std::vector<uint64_t>& ids,
                                                            rocksdb::WriteBatch* batch) const {
  MessagesChange change;
  const std::set<uint64_t> once(ids.begin(), ids.end());
  for (uint64_t id : once) {
    const std::string key = codec::IndexKey(mailbox_id, id);
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::DeletedEntry> deleted, Find(key));
    if (!deleted) continue;
    batch->Delete(database_.deleted(), key);
    batch->Put(database_.index(), key, codec::EncodeIndexEntry(deleted->entry));
    ++change.usage.count;
    change.usage.octets += deleted->entry.summary.size_octets;
    change.message_ids.push_back(id);
  }
  return change;
}

absl::StatusOr<MessagesChange> DeletedMessages::AddPurge(const std::string& mailbox_id,
                                                         const std::vector<uint64_t>& ids,
                                                         rocksdb::WriteBatch* batch) const {
  MessagesChange change;
  const std::set<uint64_t> once(ids.begin(), ids.end());
  for (uint64_t id : once) {
    const std::string key = codec::IndexKey(mailbox_id, id);
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::DeletedEntry> deleted, Find(key));
    if (!deleted) continue;
    batch->Delete(database_.deleted(), key);
    AddBodyRelease(database_, deleted->entry, batch);
    change.message_ids.push_back(id);
  }
  return change;
}

absl::StatusOr<std::vector<DeletedMessage>> DeletedMessages::List(const std::string& mailbox_id,
                                                                  uint64_t after,
                                                                  size_t limit) const {
  std::vector<DeletedMessage> messages;
  const auto take = [&](absl::string_view key, absl::string_view value) {
    if (messages.size() == limit) return false;
    std::optional<codec::DeletedEntry> deleted = codec::DecodeDeleted(key, value);
    if (!deleted) return true;
    const absl::Time expire_time = deleted->deletion.delete_time + kept_;
    messages.push_back(
        {std::move(deleted->entry.summary), std::move(deleted->deletion), expire_time});
    return true;
  };
  RESTANTE_RETURN_IF_ERROR(database_.Visit(database_.deleted(),
                                           codec::IndexKey(mailbox_id, after + 1),
                                           codec::MailboxEnd(mailbox_id), take));
  return messages;
}

bool DeletedMessages::IsOver(absl::string_view key, absl::string_view value) const {
  const std::optional<codec::DeletedEntry> deleted = codec::DecodeDeleted(key, value);
  return deleted && clock_.WallNow() - deleted->deletion.delete_time >= kept_;
}

}  // namespace restante::mailstore
