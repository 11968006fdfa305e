#include <map>
#include <utility>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/store_in_memory.h"

namespace restante::mailstore {

MailboxInfo MemoryStore::InfoOf(const std::string& mailbox_id, const MemoryMailbox& mailbox) const {
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
  RESTANTE_ASSIGN_OR_RETURN(const MemoryMailbox* mailbox, Find(mailbox_id));
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
  RESTANTE_ASSIGN_OR_RETURN(const MemoryMailbox* mailbox, Find(mailbox_id));
  const auto& messages = mailbox->messages;
  std::vector<MessageSummary> summaries;
  for (auto it = messages.upper_bound(after); it != messages.end() && summaries.size() < limit;
       ++it) {
    summaries.push_back(it->second.summary);
  }
  return summaries;
}

absl::StatusOr<MemoryMailbox*> MemoryStore::Find(const std::string& mailbox_id) {
  auto found = mailboxes_.find(mailbox_id);
  if (found == mailboxes_.end()) return MailboxNotFound();
  return &found->second;
}

absl::StatusOr<MemoryMailbox*> MemoryStore::FindActive(const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, Find(mailbox_id));
  if (mailbox->deletion) return MailboxIsDeleted();
  return mailbox;
}

absl::Status MemoryStore::CreateMailbox(const std::string& mailbox_id,
                                        const MailboxSettings& settings,
                                        const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  MutexLock lock(&mutex_);
  const auto [mailbox, made] = mailboxes_.try_emplace(mailbox_id);
  if (!made) return MailboxExists();
  mailbox->second.settings = settings;
  ++mailbox->second.revision;
  Record(mailbox_id, CreationOf(settings), author);
  return absl::OkStatus();
}

absl::Status MemoryStore::UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                                        const MailboxSettings& settings,
                                        const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(CheckSettings(settings));
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
  if (mailbox->revision != revision) return MailboxChanged();
  Record(mailbox_id, SettingsChanges(mailbox->settings, settings), author);
  mailbox->settings = settings;
  ++mailbox->revision;
  return absl::OkStatus();
}

absl::Status MemoryStore::DeleteMailbox(const std::string& mailbox_id,
                                        const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
  const absl::Time now = clock_.WallNow();
  mailbox->deletion = MailboxDeletion{now, author.caller, now + kept_.deleted_mailboxes};
  ++mailbox->revision;
  leases_.Break(mailbox_id);
  Record(mailbox_id, DeletionOfMailbox(), author);
  return absl::OkStatus();
}

absl::Status MemoryStore::UndeleteMailbox(const std::string& mailbox_id,
                                          const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, Find(mailbox_id));
  if (!mailbox->deletion) return MailboxIsNotDeleted();
  mailbox->deletion.reset();
  ++mailbox->revision;
  Record(mailbox_id, UndeletionOfMailbox(), author);
  return absl::OkStatus();
}

absl::StatusOr<bool> MemoryStore::PurgeMailbox(const std::string& mailbox_id, size_t /*limit*/,
                                               const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const MemoryMailbox* mailbox, Find(mailbox_id));
  if (!mailbox->deletion) return MailboxIsNotDeleted();
  Record(mailbox_id, PurgeOfMailbox(mailbox->settings), author);
  mailboxes_.erase(mailbox_id);
  return true;
}

std::vector<uint64_t> MemoryStore::Delete(const std::vector<uint64_t>& ids,
                                          const MessageDeletion& deletion,
                                          MemoryMailbox* mailbox) const {
  std::vector<uint64_t> deleted;
  for (uint64_t id : ids) {
    auto message = mailbox->messages.extract(id);
    if (!message) continue;
    deleted.push_back(id);
    if (kept_.deleted_messages > absl::ZeroDuration()) {
      mailbox->deleted.emplace(id, std::pair(std::move(message.mapped()), deletion));
    }
  }
  return deleted;
}

absl::StatusOr<int64_t> MemoryStore::DeleteMessages(const std::string& mailbox_id,
                                                    const std::vector<uint64_t>& message_ids,
                                                    const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
  const std::vector<uint64_t> deleted =
      Delete(message_ids, {clock_.WallNow(), "", "", author.caller}, mailbox);
  Record(mailbox_id, DeletionOfMessages(deleted), author);
  return static_cast<int64_t>(deleted.size());
}

absl::StatusOr<std::vector<DeletedMessage>> MemoryStore::ListDeletedMessages(
    const std::string& mailbox_id, uint64_t after, size_t limit) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, Find(mailbox_id));
  std::vector<DeletedMessage> messages;
  for (auto it = mailbox->deleted.upper_bound(after);
       it != mailbox->deleted.end() && messages.size() < limit; ++it) {
    const auto& [message, deletion] = it->second;
    messages.push_back({message.summary, deletion, deletion.delete_time + kept_.deleted_messages});
  }
  return messages;
}

absl::StatusOr<int64_t> MemoryStore::UndeleteMessages(const std::string& mailbox_id,
                                                      const std::vector<uint64_t>& message_ids,
                                                      const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
  std::vector<uint64_t> restored;
  for (uint64_t id : message_ids) {
    auto deleted = mailbox->deleted.extract(id);
    if (!deleted) continue;
    mailbox->messages.emplace(id, std::move(deleted.mapped().first));
    restored.push_back(id);
  }
  Record(mailbox_id, UndeletionOfMessages(restored), author);
  return static_cast<int64_t>(restored.size());
}

absl::StatusOr<int64_t> MemoryStore::PurgeDeletedMessages(const std::string& mailbox_id,
                                                          const std::vector<uint64_t>& message_ids,
                                                          const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
  std::vector<uint64_t> purged;
  for (uint64_t id : message_ids) {
    if (mailbox->deleted.erase(id) > 0) purged.push_back(id);
  }
  Record(mailbox_id, PurgeOfMessages(purged), author);
  return static_cast<int64_t>(purged.size());
}

absl::StatusOr<std::optional<SessionInfo>> MemoryStore::BreakLease(const std::string& mailbox_id,
                                                                   const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_RETURN_IF_ERROR(Find(mailbox_id).status());
  const std::optional<SessionInfo> holder = leases_.Break(mailbox_id);
  if (holder) Record(mailbox_id, SessionBroken(*holder), author);
  return holder;
}

absl::StatusOr<RetentionResult> MemoryStore::ApplyRetention(const std::string& mailbox_id,
                                                            uint64_t after, size_t limit,
                                                            bool validate_only,
                                                            const audit::Author& author) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(MemoryMailbox * mailbox, FindActive(mailbox_id));
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
  if (validate_only) return result;
  Delete(ids, {clock_.WallNow(), "", "", author.caller}, mailbox);
  Record(mailbox_id, DeletionOfMessages(ids), author);
  return result;
}

// Nothing in memory is damaged.
absl::StatusOr<VerificationResult> MemoryStore::VerifyMessages(const std::string& mailbox_id,
                                                               uint64_t after, size_t limit) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const MemoryMailbox* mailbox, Find(mailbox_id));
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

void MemoryStore::Record(const std::string& mailbox_id, FieldChanges changes,
                         const audit::Author& author) {
  if (changes.empty()) return;
  audit_.Add(EntryOf(mailbox_id, author, std::move(changes), trail_.next(), clock_.WallNow()));
  trail_.CountAdded(1);
}

absl::Status MemoryStore::RecordAudit(const std::string& mailbox_id,
                                      const std::vector<audit::FieldChange>& changes,
                                      const audit::Author& author) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  MutexLock lock(&mutex_);
  Record(mailbox_id, changes, author);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<audit::Entry>> MemoryStore::ListAudit(uint64_t before, size_t limit) {
  MutexLock lock(&mutex_);
  return audit_.Read(before, limit);
}

// One round at once: what fits into memory is looked through in no time.
absl::StatusOr<SweepResult> MemoryStore::Sweep(size_t /*limit*/) {
  MutexLock lock(&mutex_);
  const absl::Duration now = clock_.MonotonicNow();
  SweepResult result{0, true};
  for (auto& [mailbox_id, mailbox] : mailboxes_) {
    const MemoryMailbox& kept = mailbox;
    result.removed += std::erase_if(mailbox.delivered, [&kept, now](const auto& delivered) {
      return IsOver(kept, delivered, now);
    });
    result.removed += std::erase_if(mailbox.deleted, [this](const auto& deleted) {
      return clock_.WallNow() - deleted.second.second.delete_time >= kept_.deleted_messages;
    });
  }
  for (auto it = mailboxes_.begin(); it != mailboxes_.end();) {
    const auto mailbox = it++;
    const std::optional<MailboxDeletion>& deletion = mailbox->second.deletion;
    if (!deletion || clock_.WallNow() < deletion->expire_time) continue;
    Record(mailbox->first, PurgeOfMailbox(mailbox->second.settings),
           {kProgramName, "PurgeMailbox"});
    mailboxes_.erase(mailbox);
    ++result.removed;
  }
  result.removed += std::erase_if(
      outcomes_, [now](const auto& outcome) { return now - outcome.second.when >= kOutcomeKept; });
  RESTANTE_RETURN_IF_ERROR(trail_.Trim(clock_.WallNow() - kept_.audit_entries).status());
  return result;
}

}  // namespace restante::mailstore
