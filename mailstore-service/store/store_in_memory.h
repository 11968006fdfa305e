#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_STORE_IN_MEMORY_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_STORE_IN_MEMORY_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/audit/trail.h"
#include "common/base/mutex.h"
#include "mailstore-service/store/lease_table.h"
#include "mailstore-service/store/mailbox_changes.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/message_id.h"

namespace restante::mailstore {

using Text = std::shared_ptr<const std::string>;

struct MemoryMessage {
  MessageSummary summary;
  Text text;
};

struct MemoryMailbox {
  std::map<uint64_t, MemoryMessage> messages;
  std::map<uint64_t, std::pair<MemoryMessage, MessageDeletion>> deleted;
  std::map<std::string, std::pair<uint64_t, absl::Duration>> delivered;  // id, when
  MailboxSettings settings;
  uint64_t revision = 0;
  std::optional<MailboxDeletion> deletion;
};

// Whether a record of MemoryMailbox::delivered is worth nothing any more.
bool IsOver(const MemoryMailbox& mailbox,
            const std::pair<const std::string, std::pair<uint64_t, absl::Duration>>& delivered,
            absl::Duration now);

struct MemoryOutcome {
  int64_t deleted_count = 0;
  absl::Duration when;
};

// What NewMemoryStore gives: the sessions' verbs in memory_store.cc, the operators' in
// memory_management.cc.
class MemoryStore : public Mailstore {
 public:
  MemoryStore(const Clock& clock, int64_t max_message_octets, const KeepingTimes& kept,
              const MailboxDefaults& defaults)
      : clock_(clock),
        max_message_octets_(max_message_octets),
        kept_(kept),
        defaults_(defaults),
        leases_(kBoot, kLeaseTtl, clock),
        trail_(&audit_, audit::Numbers()),
        message_ids_(kBoot) {}

  uint32_t store_id() const override { return kStoreId; }

  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginDelivery(
      std::vector<std::string> mailbox_ids) override;
  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginImport(
      const std::string& mailbox_id, const ImportedMessage& message) override;
  absl::Status CheckDelivery(const std::string& mailbox_id, int64_t size_octets) override;
  using Mailstore::Open;
  absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id, const SessionInfo& session,
                                      size_t limit) override;
  absl::Status Renew(const Lease& lease) override;
  absl::StatusOr<std::unique_ptr<MessageReader>> Read(const Lease& lease,
                                                      const MessageRead& read) override;
  absl::StatusOr<int64_t> Close(const Lease& lease, const MaildropUpdate& update) override;
  absl::StatusOr<MailboxInfo> GetMailbox(const std::string& mailbox_id) override;
  absl::StatusOr<std::vector<MailboxInfo>> ListMailboxes(const std::string& after, size_t limit,
                                                         bool show_deleted) override;
  absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string& mailbox_id,
                                                           uint64_t after, size_t limit) override;
  absl::Status CreateMailbox(const std::string& mailbox_id, const MailboxSettings& settings,
                             const audit::Author& author) override;
  absl::Status UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                             const MailboxSettings& settings, const audit::Author& author) override;
  absl::Status DeleteMailbox(const std::string& mailbox_id, const audit::Author& author) override;
  absl::Status UndeleteMailbox(const std::string& mailbox_id, const audit::Author& author) override;
  absl::StatusOr<bool> PurgeMailbox(const std::string& mailbox_id, size_t limit,
                                    const audit::Author& author) override;
  absl::StatusOr<std::unique_ptr<MessageReader>> ReadMessage(const std::string& mailbox_id,
                                                             uint64_t message_id) override;
  absl::StatusOr<int64_t> DeleteMessages(const std::string& mailbox_id,
                                         const std::vector<uint64_t>& message_ids,
                                         const audit::Author& author) override;
  absl::StatusOr<std::vector<DeletedMessage>> ListDeletedMessages(const std::string& mailbox_id,
                                                                  uint64_t after,
                                                                  size_t limit) override;
  absl::StatusOr<int64_t> UndeleteMessages(const std::string& mailbox_id,
                                           const std::vector<uint64_t>& message_ids,
                                           const audit::Author& author) override;
  absl::StatusOr<int64_t> PurgeDeletedMessages(const std::string& mailbox_id,
                                               const std::vector<uint64_t>& message_ids,
                                               const audit::Author& author) override;
  absl::StatusOr<std::optional<SessionInfo>> BreakLease(const std::string& mailbox_id,
                                                        const audit::Author& author) override;
  absl::StatusOr<RetentionResult> ApplyRetention(const std::string& mailbox_id, uint64_t after,
                                                 size_t limit, bool validate_only,
                                                 const audit::Author& author) override;
  absl::StatusOr<VerificationResult> VerifyMessages(const std::string& mailbox_id, uint64_t after,
                                                    size_t limit) override;
  absl::Status RecordAudit(const std::string& mailbox_id,
                           const std::vector<audit::FieldChange>& changes,
                           const audit::Author& author) override;
  absl::StatusOr<std::vector<audit::Entry>> ListAudit(uint64_t before, size_t limit) override;
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
  absl::StatusOr<MemoryMailbox*> Find(const std::string& mailbox_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // MAILBOX_DELETED too.
  absl::StatusOr<MemoryMailbox*> FindActive(const std::string& mailbox_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckFits(const MemoryMailbox& mailbox, int64_t size_octets) const;
  // Leaves an audit entry, unless there are no changes.
  void Record(const std::string& mailbox_id, FieldChanges changes, const audit::Author& author)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Those that there were.
  std::vector<uint64_t> Delete(const std::vector<uint64_t>& ids, const MessageDeletion& deletion,
                               MemoryMailbox* mailbox) const;
  MailboxInfo InfoOf(const std::string& mailbox_id, const MemoryMailbox& mailbox) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const int64_t max_message_octets_;
  const KeepingTimes kept_;
  const MailboxDefaults defaults_;
  Mutex mutex_;
  LeaseTable leases_ ABSL_GUARDED_BY(mutex_);
  audit::EntriesInMemory audit_ ABSL_GUARDED_BY(mutex_);
  audit::Trail trail_ ABSL_GUARDED_BY(mutex_);
  MessageIdSource message_ids_;
  std::map<std::string, MemoryMailbox> mailboxes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, Epoch>, MemoryOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_STORE_IN_MEMORY_H_
