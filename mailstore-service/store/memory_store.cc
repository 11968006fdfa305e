#include "mailstore-service/store/memory_store.h"

#include <map>
#include <utility>

#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/lease_table.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/message_id.h"
#include "mailstore-service/store/message_part.h"

namespace restante::mailstore {
namespace {

using Text = std::shared_ptr<const std::string>;

struct StoredMessage {
  MessageSummary summary;
  Text text;
};

struct Mailbox {
  std::map<uint64_t, StoredMessage> messages;
  std::map<uint64_t, std::pair<StoredMessage, MessageDeletion>> deleted;
  std::map<std::string, std::pair<uint64_t, absl::Duration>> delivered;  // id, when
  MailboxSettings settings;
  uint64_t revision = 0;
  std::optional<MailboxDeletion> deletion;
};

// Whether a record of Mailbox::delivered is worth nothing any more.
bool IsOver(const Mailbox& mailbox, const auto& delivered, absl::Duration now) {
  const auto& [key, message] = delivered;
  if (!IsImportKey(key)) return now - message.second >= Mailstore::kDeliveryIdKept;
  // As long as the message is there, no other may have its UIDL.
  const bool is_there =
      mailbox.messages.count(message.first) + mailbox.deleted.count(message.first) > 0;
  return now - message.second >= Mailstore::kImportIdKept && !is_there;
}

struct Outcome {
  int64_t deleted_count = 0;
  absl::Duration when;
};

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

class MemoryStore : public Mailstore {
 public:
  MemoryStore(const Clock& clock, int64_t max_message_octets, const KeepingTimes& kept,
              const MailboxDefaults& defaults)
      : clock_(clock),
        max_message_octets_(max_message_octets),
        kept_(kept),
        defaults_(defaults),
        leases_(kBoot, kLeaseTtl, clock),
        message_ids_(kBoot) {}

  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginDelivery(
      std::vector<std::string> mailbox_ids) override;
  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginImport(
      const std::string& mailbox_id, const ImportedMessage& message) override;
  absl::Status CheckDelivery(const std::string& mailbox_id, int64_t size_octets) override;
  absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id,
                                      const SessionInfo& session) override;
  absl::Status Renew(const Lease& lease) override;
  absl::StatusOr<std::unique_ptr<MessageReader>> Read(const Lease& lease,
                                                      const MessageRead& read) override;
  absl::StatusOr<int64_t> Close(const Lease& lease, const MaildropUpdate& update) override;
  absl::StatusOr<MailboxInfo> GetMailbox(const std::string& mailbox_id) override;
  absl::StatusOr<std::vector<MailboxInfo>> ListMailboxes(const std::string& after, size_t limit,
                                                         bool show_deleted) override;
  absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string& mailbox_id,
                                                           uint64_t after, size_t limit) override;
  absl::Status CreateMailbox(const std::string& mailbox_id,
                             const MailboxSettings& settings) override;
  absl::Status UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                             const MailboxSettings& settings) override;
  absl::Status DeleteMailbox(const std::string& mailbox_id, const std::string& caller) override;
  absl::Status UndeleteMailbox(const std::string& mailbox_id) override;
  absl::StatusOr<bool> PurgeMailbox(const std::string& mailbox_id, size_t limit) override;
  absl::StatusOr<std::unique_ptr<MessageReader>> ReadMessage(const std::string& mailbox_id,
                                                             uint64_t message_id) override;
  absl::StatusOr<int64_t> DeleteMessages(const std::string& mailbox_id,
                                         const std::vector<uint64_t>& message_ids,
                                         const std::string& caller) override;
  absl::StatusOr<std::vector<DeletedMessage>> ListDeletedMessages(const std::string& mailbox_id,
                                                                  uint64_t after,
                                                                  size_t limit) override;
  absl::StatusOr<int64_t> UndeleteMessages(const std::string& mailbox_id,
                                           const std::vector<uint64_t>& message_ids) override;
  absl::StatusOr<int64_t> PurgeDeletedMessages(const std::string& mailbox_id,
                                               const std::vector<uint64_t>& message_ids) override;
  absl::StatusOr<std::optional<SessionInfo>> BreakLease(const std::string& mailbox_id) override;
  absl::StatusOr<RetentionResult> ApplyRetention(const std::string& mailbox_id, uint64_t after,
                                                 size_t limit, bool validate_only,
                                                 const std::string& caller) override;
  absl::StatusOr<VerificationResult> VerifyMessages(const std::string& mailbox_id, uint64_t after,
                                                    size_t limit) override;
  absl::StatusOr<SweepResult> Sweep(size_t limit) override;

  int64_t max_message_octets() const { return max_message_octets_; }
  DeliveryResult Deliver(const std::string& mailbox_id, const std::string& delivery_id,
                         const Text& text, const ImportedMessage* imported);

 private:
  static constexpr uint32_t kBoot = 1;
  static constexpr uint32_t kStoreId = 0;

  absl::StatusOr<std::unique_ptr<MessageReader>> ReadFrom(const std::string& mailbox_id,
                                                          const MessageRead& read)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Mailbox*> Find(const std::string& mailbox_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // MAILBOX_DELETED too.
  absl::StatusOr<Mailbox*> FindActive(const std::string& mailbox_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckFits(const Mailbox& mailbox, int64_t size_octets) const;
  // How many there were.
  int64_t Delete(const std::vector<uint64_t>& ids, const MessageDeletion& deletion,
                 Mailbox* mailbox) const;
  MailboxInfo InfoOf(const std::string& mailbox_id, const Mailbox& mailbox) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const int64_t max_message_octets_;
  const KeepingTimes kept_;
  const MailboxDefaults defaults_;
  Mutex mutex_;
  LeaseTable leases_ ABSL_GUARDED_BY(mutex_);
  MessageIdSource message_ids_;
  std::map<std::string, Mailbox> mailboxes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, Epoch>, Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
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
  Mailbox& mailbox = mailboxes_[mailbox_id];
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
  mailbox.messages.emplace(id, StoredMessage{summary, text});
  if (!delivery_id.empty()) mailbox.delivered.insert_or_assign(delivery_id, std::pair(id, now));
  return {absl::OkStatus(), id, false};
}

absl::StatusOr<OpenedMaildrop> MemoryStore::Open(const std::string& mailbox_id,
                                                 const SessionInfo& session) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  MutexLock lock(&mutex_);
  if (mailboxes_[mailbox_id].deletion) return MailboxIsDeleted();
  RESTANTE_ASSIGN_OR_RETURN(Lease lease, leases_.Acquire(mailbox_id, session));
  OpenedMaildrop opened{std::move(lease), kLeaseTtl, {}};
  const Mailbox& mailbox = mailboxes_[mailbox_id];
  opened.kept_at_least = ShortestOf(RetentionOf(mailbox.settings.retention, defaults_.retention));
  for (const auto& [id, message] : mailbox.messages) {
    opened.messages.push_back(message.summary);
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
  Mailbox& mailbox = mailboxes_[lease.mailbox_id];
  const int64_t deleted = Delete(
      update.delete_message_ids,
      {clock_.WallNow(), lease.session_id, session.client_address, lease.frontend}, &mailbox);
  for (uint64_t id : update.read_message_ids) {
    const auto message = mailbox.messages.find(id);
    if (message == mailbox.messages.end()) continue;
    std::optional<absl::Time>& read_time = message->second.summary.read_time;
    if (!read_time) read_time = clock_.WallNow();
  }
  leases_.Release(lease);
  outcomes_.insert_or_assign({lease.session_id, lease.epoch}, Outcome{deleted, now});
  return deleted;
}

MailboxInfo MemoryStore::InfoOf(const std::string& mailbox_id, const Mailbox& mailbox) const {
  MailboxInfo info;
  info.mailbox_id = mailbox_id;
  info.message_count = static_cast<int64_t>(mailbox.messages.size());
  for (const auto& [id, message] : mailbox.messages) {
    info.total_size_octets += message.summary.size_octets;
  }
  info.settings = mailbox.settings;
  info.revision = mailbox.revision;
  info.limits = LimitsOf(mailbox.settings.quota, defaults_.limits);
  info.retention = RetentionOf(mailbox.settings.retention, defaults_.retention);
  info.deletion = mailbox.deletion;
  info.session = leases_.Holder(mailbox_id);
  return info;
}

absl::StatusOr<MailboxInfo> MemoryStore::GetMailbox(const std::string& mailbox_id) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const Mailbox* mailbox, Find(mailbox_id));
  return InfoOf(mailbox_id, *mailbox);
}

absl::StatusOr<std::vector<MailboxInfo>> MemoryStore::ListMailboxes(const std::string& after,
                                                                    size_t limit,
                                                                    bool show_deleted) {
  MutexLock lock(&mutex_);
  std::vector<MailboxInfo> infos;
  for (auto it = mailboxes_.upper_bound(after); it != mailboxes_.end() && infos.size() < limit;
       ++it) {
    if (show_deleted || !it->second.deletion) infos.push_back(InfoOf(it->first, it->second));
  }
  return infos;
}

absl::StatusOr<std::vector<MessageSummary>> MemoryStore::ListMessages(const std::string& mailbox_id,
                                                                      uint64_t after,
                                                                      size_t limit) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const Mailbox* mailbox, Find(mailbox_id));
  const auto& messages = mailbox->messages;
  std::vector<MessageSummary> summaries;
  for (auto it = messages.upper_bound(after); it != messages.end() && summaries.size() < limit;
       ++it) {
    summaries.push_back(it->second.summary);
  }
  return summaries;
}

absl::StatusOr<Mailbox*> MemoryStore::Find(const std::string& mailbox_id) {
  auto found = mailboxes_.find(mailbox_id);
  if (found == mailboxes_.end()) return MailboxNotFound();
  return &found->second;
}

absl::StatusOr<Mailbox*> MemoryStore::FindActive(const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, Find(mailbox_id));
  if (mailbox->deletion) return MailboxIsDeleted();
  return mailbox;
}

absl::Status MemoryStore::CheckFits(const Mailbox& mailbox, int64_t size_octets) const {
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
  return CheckFits(found == mailboxes_.end() ? Mailbox() : found->second, size_octets);
}

absl::Status MemoryStore::CreateMailbox(const std::string& mailbox_id,
                                        const MailboxSettings& settings) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  MutexLock lock(&mutex_);
  const auto [mailbox, made] = mailboxes_.try_emplace(mailbox_id);
  if (!made) return MailboxExists();
  mailbox->second.settings = settings;
  ++mailbox->second.revision;
  return absl::OkStatus();
}

absl::Status MemoryStore::UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                                        const MailboxSettings& settings) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  if (mailbox->revision != revision) return MailboxChanged();
  mailbox->settings = settings;
  ++mailbox->revision;
  return absl::OkStatus();
}

absl::Status MemoryStore::DeleteMailbox(const std::string& mailbox_id, const std::string& caller) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  const absl::Time now = clock_.WallNow();
  mailbox->deletion = MailboxDeletion{now, caller, now + kept_.deleted_mailboxes};
  ++mailbox->revision;
  leases_.Break(mailbox_id);
  return absl::OkStatus();
}

absl::Status MemoryStore::UndeleteMailbox(const std::string& mailbox_id) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, Find(mailbox_id));
  if (!mailbox->deletion) return MailboxIsNotDeleted();
  mailbox->deletion.reset();
  ++mailbox->revision;
  return absl::OkStatus();
}

absl::StatusOr<bool> MemoryStore::PurgeMailbox(const std::string& mailbox_id, size_t /*limit*/) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const Mailbox* mailbox, Find(mailbox_id));
  if (!mailbox->deletion) return MailboxIsNotDeleted();
  mailboxes_.erase(mailbox_id);
  return true;
}

int64_t MemoryStore::Delete(const std::vector<uint64_t>& ids, const MessageDeletion& deletion,
                            Mailbox* mailbox) const {
  int64_t deleted = 0;
  for (uint64_t id : ids) {
    auto message = mailbox->messages.extract(id);
    if (!message) continue;
    ++deleted;
    if (kept_.deleted_messages > absl::ZeroDuration()) {
      mailbox->deleted.emplace(id, std::pair(std::move(message.mapped()), deletion));
    }
  }
  return deleted;
}

absl::StatusOr<int64_t> MemoryStore::DeleteMessages(const std::string& mailbox_id,
                                                    const std::vector<uint64_t>& message_ids,
                                                    const std::string& caller) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  return Delete(message_ids, {clock_.WallNow(), "", "", caller}, mailbox);
}

absl::StatusOr<std::vector<DeletedMessage>> MemoryStore::ListDeletedMessages(
    const std::string& mailbox_id, uint64_t after, size_t limit) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, Find(mailbox_id));
  std::vector<DeletedMessage> messages;
  for (auto it = mailbox->deleted.upper_bound(after);
       it != mailbox->deleted.end() && messages.size() < limit; ++it) {
    const auto& [message, deletion] = it->second;
    messages.push_back({message.summary, deletion, deletion.delete_time + kept_.deleted_messages});
  }
  return messages;
}

absl::StatusOr<int64_t> MemoryStore::UndeleteMessages(const std::string& mailbox_id,
                                                      const std::vector<uint64_t>& message_ids) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  int64_t restored = 0;
  for (uint64_t id : message_ids) {
    auto deleted = mailbox->deleted.extract(id);
    if (!deleted) continue;
    mailbox->messages.emplace(id, std::move(deleted.mapped().first));
    ++restored;
  }
  return restored;
}

absl::StatusOr<int64_t> MemoryStore::PurgeDeletedMessages(
    const std::string& mailbox_id, const std::vector<uint64_t>& message_ids) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  int64_t purged = 0;
  for (uint64_t id : message_ids) purged += static_cast<int64_t>(mailbox->deleted.erase(id));
  return purged;
}

absl::StatusOr<std::optional<SessionInfo>> MemoryStore::BreakLease(const std::string& mailbox_id) {
  MutexLock lock(&mutex_);
  RESTANTE_RETURN_IF_ERROR(Find(mailbox_id).status());
  return leases_.Break(mailbox_id);
}

absl::StatusOr<RetentionResult> MemoryStore::ApplyRetention(const std::string& mailbox_id,
                                                            uint64_t after, size_t limit,
                                                            bool validate_only,
                                                            const std::string& caller) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(Mailbox * mailbox, FindActive(mailbox_id));
  if (leases_.Holder(mailbox_id) && !validate_only) return MaildropInUse();
  const RetentionLimits retention = RetentionOf(mailbox->settings.retention, defaults_.retention);
  RetentionResult result;
  std::vector<uint64_t> ids;
  auto it = mailbox->messages.upper_bound(after);
  for (size_t i = 0; i < limit && it != mailbox->messages.end(); ++i, ++it) {
    const MessageSummary& summary = it->second.summary;
    result.looked_through.last_message_id = it->first;
    ++result.looked_through.seen.count;
    result.looked_through.seen.octets += summary.size_octets;
    if (!IsExpired(retention, summary, clock_.WallNow())) continue;
    ids.push_back(it->first);
    ++result.expired.count;
    result.expired.octets += summary.size_octets;
  }
  result.looked_through.done = it == mailbox->messages.end();
  if (!validate_only) Delete(ids, {clock_.WallNow(), "", "", caller}, mailbox);
  return result;
}

// Nothing in memory is damaged.
absl::StatusOr<VerificationResult> MemoryStore::VerifyMessages(const std::string& mailbox_id,
                                                               uint64_t after, size_t limit) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const Mailbox* mailbox, Find(mailbox_id));
  std::map<uint64_t, int64_t> octets;
  for (const auto& [id, message] : mailbox->messages) octets[id] = message.summary.size_octets;
  for (const auto& [id, deleted] : mailbox->deleted) {
    octets[id] = deleted.first.summary.size_octets;
  }
  VerificationResult result;
  auto it = octets.upper_bound(after);
  for (size_t i = 0; i < limit && it != octets.end(); ++i, ++it) {
    result.looked_through.last_message_id = it->first;
    ++result.looked_through.seen.count;
    result.looked_through.seen.octets += it->second;
  }
  result.looked_through.done = it == octets.end();
  return result;
}

// One round at once: what fits into memory is looked through in no time.
absl::StatusOr<SweepResult> MemoryStore::Sweep(size_t /*limit*/) {
  MutexLock lock(&mutex_);
  const absl::Duration now = clock_.MonotonicNow();
  SweepResult result{0, true};
  for (auto& [mailbox_id, mailbox] : mailboxes_) {
    const Mailbox& kept = mailbox;
    result.removed += std::erase_if(mailbox.delivered, [&kept, now](const auto& delivered) {
      return IsOver(kept, delivered, now);
    });
    result.removed += std::erase_if(mailbox.deleted, [this](const auto& deleted) {
      return clock_.WallNow() - deleted.second.second.delete_time >= kept_.deleted_messages;
    });
  }
  result.removed += std::erase_if(mailboxes_, [this](const auto& mailbox) {
    const std::optional<MailboxDeletion>& deletion = mailbox.second.deletion;
    return deletion && clock_.WallNow() >= deletion->expire_time;
  });
  result.removed += std::erase_if(
      outcomes_, [now](const auto& outcome) { return now - outcome.second.when >= kOutcomeKept; });
  return result;
}

}  // namespace

std::unique_ptr<Mailstore> NewMemoryStore(const Clock& clock, int64_t max_message_octets,
                                          const KeepingTimes& kept,
                                          const MailboxDefaults& defaults) {
  return std::make_unique<MemoryStore>(clock, max_message_octets, kept, defaults);
}

}  // namespace restante::mailstore
