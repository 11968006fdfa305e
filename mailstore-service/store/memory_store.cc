#include "mailstore-service/store/memory_store.h"

#include <utility>

#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/message_part.h"
#include "mailstore-service/store/store_in_memory.h"

namespace restante::mailstore {
namespace {

class MemoryReader : public MessageReader {
 public:
  MemoryReader(Text text, const MessageRead& read) : text_(std::move(text)), part_(read) {}

  absl::StatusOr<std::string> Next() override {
    while (position_ < text_->size()) {
      absl::string_view piece =
          absl::string_view(*text_).substr(position_, Mailstore::kMaxPieceOctets);
      position_ += piece.size();
      absl::string_view part = part_.Take(piece);
      if (!part.empty()) return std::string(part);
    }
    return std::string();
  }

 private:
  const Text text_;
  MessagePart part_;
  size_t position_ = 0;
};

class MemoryWriter : public DeliveryWriter {
 public:
  MemoryWriter(MemoryStore* store, std::vector<std::string> mailbox_ids,
               std::optional<ImportedMessage> imported = std::nullopt)
      : store_(store), mailbox_ids_(std::move(mailbox_ids)), imported_(std::move(imported)) {}

  absl::Status Append(absl::string_view text) override {
    text_.append(text.data(), text.size());
    if (static_cast<int64_t>(text_.size()) <= store_->max_message_octets()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kMessageTooLarge,
                     "the message is over the store's limit");
  }

  absl::StatusOr<std::vector<DeliveryResult>> Finish(
      int64_t size_octets, uint32_t crc32c, const std::vector<std::string>& delivery_ids) override {
    RESTANTE_RETURN_IF_ERROR(CheckDeliveryIds(delivery_ids, mailbox_ids_));
    if (size_octets != static_cast<int64_t>(text_.size()) || crc32c != ExtendCrc32c(0, text_)) {
      return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kDeliveryIncomplete,
                       "size or checksum are not those of the text");
    }
    if (imported_ && !delivery_ids.empty()) {
      return InvalidField("delivery_ids", "must not be given");
    }
    auto text = std::make_shared<const std::string>(std::move(text_));
    std::vector<DeliveryResult> results;
    for (size_t i = 0; i < mailbox_ids_.size(); ++i) {
      std::string delivery_id = delivery_ids.empty() ? "" : delivery_ids[i];
      if (imported_) delivery_id = ImportKey(*imported_);
      results.push_back(
          store_->Deliver(mailbox_ids_[i], delivery_id, text, imported_ ? &*imported_ : nullptr));
    }
    return results;
  }

 private:
  MemoryStore* const store_;
  const std::vector<std::string> mailbox_ids_;
  const std::optional<ImportedMessage> imported_;
  std::string text_;
};

}  // namespace

// Whether a record of MemoryMailbox::delivered is worth nothing any more.
bool IsOver(const MemoryMailbox& mailbox,
            const std::pair<const std::string, std::pair<uint64_t, absl::Duration>>& delivered,
            absl::Duration now) {
  const auto& [key, message] = delivered;
  if (!IsImportKey(key)) return now - message.second >= Mailstore::kDeliveryIdKept;
  // As long as the message is there, no other may have its UIDL.
  const bool is_there =
      mailbox.messages.count(message.first) + mailbox.deleted.count(message.first) > 0;
  return now - message.second >= Mailstore::kImportIdKept && !is_there;
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> MemoryStore::BeginDelivery(
    std::vector<std::string> mailbox_ids) {
  RESTANTE_RETURN_IF_ERROR(CheckTargets(mailbox_ids));
  return std::make_unique<MemoryWriter>(this, std::move(mailbox_ids));
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> MemoryStore::BeginImport(
    const std::string& mailbox_id, const ImportedMessage& message) {
  RESTANTE_RETURN_IF_ERROR(CheckTargets({mailbox_id}));
  RESTANTE_RETURN_IF_ERROR(CheckImportedMessage(message));
  return std::make_unique<MemoryWriter>(this, std::vector{mailbox_id}, message);
}

DeliveryResult MemoryStore::Deliver(const std::string& mailbox_id, const std::string& delivery_id,
                                    const Text& text, const ImportedMessage* imported) {
  MutexLock lock(&mutex_);
  absl::Duration now = clock_.MonotonicNow();
  MemoryMailbox& mailbox = mailboxes_[mailbox_id];
  auto known = mailbox.delivered.find(delivery_id);
  if (known != mailbox.delivered.end() && !IsOver(mailbox, *known, now)) {
    return {absl::OkStatus(), known->second.first, true};
  }
  if (imported != nullptr) {
    const uint64_t own = MessageIdOfUidl(kStoreId, imported->uidl).value_or(0);
    if (mailbox.messages.count(own) > 0 || mailbox.deleted.count(own) > 0) {
      return {absl::OkStatus(), own, true};
    }
  }
  const absl::Status fits = CheckFits(mailbox, static_cast<int64_t>(text->size()));
  if (!fits.ok()) return {fits, 0, false};
  uint64_t id = message_ids_.Next();
  MessageSummary summary{id, static_cast<int64_t>(text->size()), UidlFor(kStoreId, id),
                         clock_.WallNow()};
  if (imported != nullptr) {
    if (!imported->uidl.empty()) summary.uidl = imported->uidl;
    summary.delivery_time = imported->delivery_time;
    summary.read_time = imported->read_time;
  }
  mailbox.messages.emplace(id, MemoryMessage{summary, text});
  if (!delivery_id.empty()) mailbox.delivered.insert_or_assign(delivery_id, std::pair(id, now));
  return {absl::OkStatus(), id, false};
}

absl::StatusOr<OpenedMaildrop> MemoryStore::Open(const std::string& mailbox_id,
                                                 const SessionInfo& session, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  MutexLock lock(&mutex_);
  if (mailboxes_[mailbox_id].deletion) return MailboxIsDeleted();
  RESTANTE_ASSIGN_OR_RETURN(Lease lease, leases_.Acquire(mailbox_id, session));
  OpenedMaildrop opened{std::move(lease), kLeaseTtl, {}};
  const MemoryMailbox& mailbox = mailboxes_[mailbox_id];
  opened.kept_at_least = ShortestOf(RetentionOf(mailbox.settings.retention, defaults_.retention));
  for (const auto& [id, message] : mailbox.messages) {
    if (opened.messages.size() < limit) opened.messages.push_back(message.summary);
    ++opened.message_count;
    opened.total_size_octets += message.summary.size_octets;
    opened.last_message_id = id;
  }
  return opened;
}

absl::Status MemoryStore::Renew(const Lease& lease) {
  MutexLock lock(&mutex_);
  return leases_.Renew(lease);
}

absl::StatusOr<std::unique_ptr<MessageReader>> MemoryStore::Read(const Lease& lease,
                                                                 const MessageRead& read) {
  MutexLock lock(&mutex_);
  RESTANTE_RETURN_IF_ERROR(leases_.Check(lease));
  return ReadFrom(lease.mailbox_id, read);
}

absl::StatusOr<std::unique_ptr<MessageReader>> MemoryStore::ReadMessage(
    const std::string& mailbox_id, uint64_t message_id) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  MutexLock lock(&mutex_);
  return ReadFrom(mailbox_id, {message_id, 0, std::nullopt});
}

absl::StatusOr<std::unique_ptr<MessageReader>> MemoryStore::ReadFrom(const std::string& mailbox_id,
                                                                     const MessageRead& read) {
  const auto no_such = [] {
    return MakeError(absl::StatusCode::kNotFound, ErrorReason::kMessageNotFound, "no such message");
  };
  const auto mailbox = mailboxes_.find(mailbox_id);
  if (mailbox == mailboxes_.end()) return no_such();
  const auto found = mailbox->second.messages.find(read.message_id);
  if (found == mailbox->second.messages.end()) return no_such();
  return std::make_unique<MemoryReader>(found->second.text, read);
}

absl::StatusOr<int64_t> MemoryStore::Close(const Lease& lease, const MaildropUpdate& update) {
  MutexLock lock(&mutex_);
  absl::Duration now = clock_.MonotonicNow();
  auto outcome = outcomes_.find({lease.session_id, lease.epoch});
  if (outcome != outcomes_.end() && now - outcome->second.when < kOutcomeKept) {
    return outcome->second.deleted_count;
  }
  RESTANTE_RETURN_IF_ERROR(update.delete_message_ids.empty() ? leases_.Check(lease)
                                                             : leases_.CheckDelete(lease));
  const SessionInfo session = leases_.SessionOf(lease).value_or(SessionInfo());
  MemoryMailbox& mailbox = mailboxes_[lease.mailbox_id];
  const auto deleted = static_cast<int64_t>(
      Delete(update.delete_message_ids,
             {clock_.WallNow(), lease.session_id, session.client_address, lease.frontend}, &mailbox)
          .size());
  for (uint64_t id : update.read_message_ids) {
    const auto message = mailbox.messages.find(id);
    if (message == mailbox.messages.end()) continue;
    std::optional<absl::Time>& read_time = message->second.summary.read_time;
    if (!read_time) read_time = clock_.WallNow();
  }
  leases_.Release(lease);
  outcomes_.insert_or_assign({lease.session_id, lease.epoch}, MemoryOutcome{deleted, now});
  return deleted;
}

absl::Status MemoryStore::CheckFits(const MemoryMailbox& mailbox, int64_t size_octets) const {
  if (mailbox.deletion) return MailboxIsDeleted();
  int64_t octets = 0;
  for (const auto& [id, message] : mailbox.messages) octets += message.summary.size_octets;
  return CheckLimits(LimitsOf(mailbox.settings.quota, defaults_.limits),
                     static_cast<int64_t>(mailbox.messages.size()), octets, size_octets);
}

absl::Status MemoryStore::CheckDelivery(const std::string& mailbox_id, int64_t size_octets) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  MutexLock lock(&mutex_);
  const auto found = mailboxes_.find(mailbox_id);
  return CheckFits(found == mailboxes_.end() ? MemoryMailbox() : found->second, size_octets);
}

std::unique_ptr<Mailstore> NewMemoryStore(const Clock& clock, int64_t max_message_octets,
                                          const KeepingTimes& kept,
                                          const MailboxDefaults& defaults) {
  return std::make_unique<MemoryStore>(clock, max_message_octets, kept, defaults);
}

}  // namespace restante::mailstore
