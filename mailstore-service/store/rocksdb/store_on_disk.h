#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_STORE_ON_DISK_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_STORE_ON_DISK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "mailstore-service/store/lease_table.h"
#include "mailstore-service/store/mailbox_changes.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/rocksdb/audit_writer.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/deleted_messages.h"
#include "mailstore-service/store/rocksdb/deliveries.h"
#include "mailstore-service/store/rocksdb/disk_space.h"
#include "mailstore-service/store/rocksdb/index_starts.h"
#include "mailstore-service/store/rocksdb/keyed_turns.h"
#include "mailstore-service/store/rocksdb/mailbox_records.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"

namespace restante::mailstore {

// What OpenRocksdbStore gives: the sessions' verbs in rocksdb_store.cc, the operators' in
// mailbox_management.cc and message_management.cc, and Sweep in sweep.cc.
class StoreOnDisk : public RocksdbStore {
 public:
  StoreOnDisk(std::shared_ptr<Database> database, const RocksdbStoreOptions& options,
              const Clock& clock, StoreObserver* observer)
      : database_(std::move(database)),
        clock_(clock),
        observer_(observer),
        kept_(options.kept),
        records_(database_.get(), options.defaults),
        space_(database_.get(), options.directory, options.reserved_octets),
        deliveries_(database_.get(), &records_, &space_, options.max_message_octets, clock),
        deleted_(database_.get(), options.kept.deleted_messages, clock),
        audit_(database_.get(), clock),
        leases_(database_->boot_number(), kLeaseTtl, clock) {}

  // Puts the leases of the last start back. To be called once, first.
  absl::Status RestoreLeases();

  uint32_t store_id() const override { return database_->store_id(); }
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
  absl::Status CreateMailbox(const std::string& mailbox_id, const MailboxSettings& settings,
                             const audit::Author& author) override;
  absl::Status UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                             const MailboxSettings& settings, const audit::Author& author) override;
  absl::Status DeleteMailbox(const std::string& mailbox_id, const audit::Author& author) override;
  absl::Status UndeleteMailbox(const std::string& mailbox_id, const audit::Author& author) override;
  absl::StatusOr<bool> PurgeMailbox(const std::string& mailbox_id, size_t limit,
                                    const audit::Author& author) override;
  absl::StatusOr<std::optional<SessionInfo>> BreakLease(const std::string& mailbox_id,
                                                        const audit::Author& author) override;

  absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string& mailbox_id,
                                                           uint64_t after, size_t limit) override;
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
  absl::StatusOr<BackupInfo> Backup(const std::string& directory,
                                    const std::function<bool(int64_t octets)>& go_on) override {
    return BackUp(database_->db(), directory, go_on);
  }

 private:
  absl::StatusOr<std::optional<int64_t>> FindOutcome(const Lease& lease) const;
  struct Listing {
    std::vector<MessageSummary> messages;
    std::optional<uint64_t> first_message_id = std::nullopt;  // damaged or not
    uint64_t removed_rows = 0;                                // that it passed over
  };
  // At most `limit` messages from id `first` on.
  absl::StatusOr<Listing> List(const std::string& mailbox_id, uint64_t first, size_t limit,
                               const rocksdb::ReadOptions& options = rocksdb::ReadOptions()) const;
  // The greatest message id in the mailbox's index; 0 when there is none.
  absl::StatusOr<uint64_t> LastMessageId(const std::string& mailbox_id,
                                         const rocksdb::ReadOptions& options) const;
  absl::StatusOr<std::unique_ptr<MessageReader>> ReadFrom(const std::string& mailbox_id,
                                                          const MessageRead& read) const;
  void ReportDamage(const std::string& mailbox_id, uint64_t message_id) const;
  absl::StatusOr<Lease> TakeLease(const std::string& mailbox_id, const SessionInfo& session);
  absl::StatusOr<int64_t> WriteClose(const Lease& lease, const SessionInfo& session,
                                     const MaildropUpdate& update);
  absl::Status AddReadMarks(const std::string& mailbox_id, const MaildropUpdate& update,
                            rocksdb::WriteBatch* batch) const;

  // nullopt for a mailbox that is being purged.
  absl::StatusOr<std::optional<MailboxInfo>> InfoOf(const std::string& mailbox_id,
                                                    const codec::Usage& usage);
  // MAILBOX_NOT_FOUND, MAILBOX_DELETED.
  absl::Status CheckChangeable(const std::string& mailbox_id);
  // The record of a deleted mailbox. MAILBOX_NOT_FOUND, MAILBOX_NOT_DELETED.
  absl::StatusOr<codec::MailboxRecord> GetDeletedRecord(const std::string& mailbox_id);
  // PurgeMailbox in the mailbox's turn, `record` being its present one.
  absl::StatusOr<bool> PurgeInTurn(const std::string& mailbox_id, codec::MailboxRecord record,
                                   size_t limit, const audit::Author& author);
  // Removes at most `limit` records; whether there were no more.
  absl::StatusOr<bool> RemoveSomeRecords(const std::string& mailbox_id, size_t limit);
  // Changes messages in the mailbox's turn: `add` fills the batch, and `changes_of` says what the
  // audit entry has of those that it changed; how many.
  absl::StatusOr<int64_t> ChangeMessages(
      const std::string& mailbox_id, const audit::Author& author,
      const std::function<absl::StatusOr<MessagesChange>(rocksdb::WriteBatch*)>& add,
      FieldChanges (*changes_of)(const std::vector<uint64_t>& ids));
  bool IsReadable(const codec::IndexEntry& entry) const;
  // What is wrong with the message that `row` is at; adds it to `seen`.
  absl::StatusOr<std::optional<DamagedMessage>> Verify(const std::string& mailbox_id,
                                                       const rocksdb::Iterator& row, bool deleted,
                                                       MessageTotals* seen) const;

  // Whether what is kept is worth nothing any more.
  bool IsOver(const std::optional<codec::Outcome>& outcome) const;
  bool IsOver(const std::optional<codec::MailboxRecord>& record) const;
  bool IsOver(absl::string_view key, absl::string_view value) const;
  // False when more of it is left.
  absl::StatusOr<bool> RemoveIfOver(const std::string& key, size_t limit);
  absl::Status RemoveOutcome(const std::string& key);
  // Removes the body that a message gave up, unless another message has it.
  absl::Status RemoveReleased(const std::string& key);
  absl::Status PurgeIfOver(const std::string& key);
  absl::StatusOr<bool> PurgeMailboxIfOver(const std::string& mailbox_id, size_t limit);

  const std::shared_ptr<Database> database_;
  const Clock& clock_;
  StoreObserver* const observer_;
  const KeepingTimes kept_;
  MailboxRecords records_;
  DiskSpace space_;
  Deliveries deliveries_;
  const DeletedMessages deleted_;
  IndexStarts starts_;
  AuditWriter audit_;
  // Where the next Sweep goes on.
  enum class Swept { kDeliveries, kOutcomes, kDeleted, kMailboxes, kReleased };
  Swept swept_ = Swept::kDeliveries;
  std::string sweep_key_;

  // By mailbox: what changes its holder in memory is on disk before the next changes it again. Only
  // writes wait for a turn; renewing and reading take the lock alone.
  KeyedTurns holder_turns_;
  Mutex mutex_;
  LeaseTable leases_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_STORE_ON_DISK_H_
