#include "mailstore-service/store/rocksdb/rocksdb_store.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/error_reason.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/lease_table.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/quota.h"
#include "mailstore-service/store/rocksdb/body_reader.h"
#include "mailstore-service/store/rocksdb/body_writer.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/deleted_messages.h"
#include "mailstore-service/store/rocksdb/deliveries.h"
#include "mailstore-service/store/rocksdb/keyed_turns.h"
#include "mailstore-service/store/rocksdb/quotas.h"

namespace restante::mailstore {
namespace {

absl::Status NotFound(ErrorReason reason, absl::string_view what) {
  return MakeError(absl::StatusCode::kNotFound, reason, what);
}

class RocksdbStore : public Mailstore {
 public:
  RocksdbStore(std::unique_ptr<Database> database, const RocksdbStoreOptions& options,
               const Clock& clock, StoreObserver* observer)
      : database_(std::move(database)),
        clock_(clock),
        observer_(observer),
        quotas_(database_.get(), options.default_limits),
        deliveries_(database_.get(), &quotas_, options.max_message_octets, clock),
        deleted_(database_.get(), options.kept.deleted_messages, clock),
        leases_(database_->boot_number(), kLeaseTtl, clock) {}

  // Puts the leases of the last start back. To be called once, first.
  absl::Status RestoreLeases();

  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginDelivery(
      std::vector<std::string> mailbox_ids) override {
    return deliveries_.Begin(std::move(mailbox_ids));
  }
  absl::Status CheckDelivery(const std::string& mailbox_id, int64_t size_octets) override {
    RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
    return quotas_.Check(mailbox_id, size_octets);
  }
  absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id,
                                      const SessionInfo& session) override;
  absl::Status Renew(const Lease& lease) override;
  absl::StatusOr<std::unique_ptr<MessageReader>> Read(const Lease& lease,
                                                      const MessageRead& read) override;
  absl::StatusOr<int64_t> Close(const Lease& lease,
                                const std::vector<uint64_t>& delete_message_ids) override;
  absl::StatusOr<MailboxInfo> GetMailbox(const std::string& mailbox_id) override;
  absl::StatusOr<std::vector<MailboxInfo>> ListMailboxes(const std::string& after,
                                                         size_t limit) override;
  absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string& mailbox_id,
                                                           uint64_t after, size_t limit) override;
  absl::Status SetQuota(const std::string& mailbox_id, const MailboxQuota& quota) override {
    RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
    RESTANTE_RETURN_IF_ERROR(CheckQuota(quota));
    return quotas_.Set(mailbox_id, quota);
  }
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
  absl::StatusOr<SweepResult> Sweep(size_t limit) override;

 private:
  absl::StatusOr<std::optional<int64_t>> FindOutcome(const Lease& lease) const;
  absl::StatusOr<std::vector<codec::IndexEntry>> Scan(const std::string& mailbox_id, uint64_t after,
                                                      size_t limit) const;
  absl::StatusOr<Lease> TakeLease(const std::string& mailbox_id, const SessionInfo& session);
  absl::StatusOr<int64_t> WriteClose(const Lease& lease, const SessionInfo& session,
                                     const std::vector<uint64_t>& ids);
  absl::StatusOr<MailboxInfo> InfoOf(const std::string& mailbox_id, const codec::Usage& usage);
  // Whether what is kept is worth nothing any more.
  bool IsOver(const std::optional<codec::Outcome>& outcome) const;
  bool IsOver(absl::string_view key, absl::string_view value) const;
  absl::Status RemoveIfOver(const std::string& key);
  absl::Status RemoveOutcome(const std::string& key);
  absl::Status PurgeIfOver(const std::string& key);

  const std::shared_ptr<Database> database_;
  const Clock& clock_;
  StoreObserver* const observer_;
  Quotas quotas_;
  Deliveries deliveries_;
  const DeletedMessages deleted_;
  // Where the next Sweep goes on.
  enum class Swept { kDeliveries, kOutcomes, kDeleted };
  Swept swept_ = Swept::kDeliveries;
  std::string sweep_key_;

  // By mailbox: what changes its holder in memory is on disk before the next changes it again. Only
  // writes wait for a turn; renewing and reading take the lock alone.
  KeyedTurns holder_turns_;
  Mutex mutex_;
  LeaseTable leases_ ABSL_GUARDED_BY(mutex_);
};

absl::Status RocksdbStore::RestoreLeases() {
  MutexLock lock(&mutex_);
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->leases()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    std::optional<codec::HeldLease> held =
        codec::DecodeLease(ToView(it->key()), ToView(it->value()));
    if (held) leases_.Restore(held->lease, held->session);
  }
  return it->status().ok() ? absl::OkStatus() : absl::UnavailableError(it->status().ToString());
}

absl::StatusOr<OpenedMaildrop> RocksdbStore::Open(const std::string& mailbox_id,
                                                  const SessionInfo& session) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  OpenedMaildrop opened;
  opened.lease_ttl = kLeaseTtl;
  RESTANTE_ASSIGN_OR_RETURN(opened.lease, TakeLease(mailbox_id, session));
  RESTANTE_ASSIGN_OR_RETURN(std::vector<codec::IndexEntry> entries,
                            Scan(mailbox_id, 0, std::numeric_limits<size_t>::max()));
  for (codec::IndexEntry& entry : entries) opened.messages.push_back(std::move(entry.summary));
  return opened;
}

absl::StatusOr<Lease> RocksdbStore::TakeLease(const std::string& mailbox_id,
                                              const SessionInfo& session) {
  Turn turn(&holder_turns_, {mailbox_id});
  Lease lease;
  {
    MutexLock lock(&mutex_);
    RESTANTE_ASSIGN_OR_RETURN(lease, leases_.Acquire(mailbox_id, session));
  }
  rocksdb::WriteBatch batch;
  batch.Put(database_->leases(), mailbox_id, codec::EncodeLease({lease, session}));
  batch.Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage({0, 0}));
  // Not synced, and it may fail: losing it costs the session, never mail, and a store that cannot
  // write can be read.
  database_->Write(&batch, false).IgnoreError();
  return lease;
}

absl::Status RocksdbStore::Renew(const Lease& lease) {
  MutexLock lock(&mutex_);
  return leases_.Renew(lease);
}

absl::StatusOr<std::vector<codec::IndexEntry>> RocksdbStore::Scan(const std::string& mailbox_id,
                                                                  uint64_t after,
                                                                  size_t limit) const {
  std::vector<codec::IndexEntry> entries;
  const std::string prefix = codec::MailboxPrefix(mailbox_id);
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->index()));
  for (it->Seek(codec::IndexKey(mailbox_id, after + 1)); it->Valid() && entries.size() < limit;
       it->Next()) {
    absl::string_view key = ToView(it->key());
    if (!absl::StartsWith(key, prefix)) break;
    std::optional<codec::IndexEntry> entry = codec::DecodeIndexEntry(key, ToView(it->value()));
    if (!entry) {
      if (observer_ != nullptr) {
        observer_->OnDamagedMessage(mailbox_id, codec::MessageIdOfIndexKey(key));
      }
      continue;
    }
    entries.push_back(*std::move(entry));
  }
  if (!it->status().ok()) return absl::UnavailableError(it->status().ToString());
  return entries;
}

absl::StatusOr<std::unique_ptr<MessageReader>> RocksdbStore::Read(const Lease& lease,
                                                                  const MessageRead& read) {
  {
    MutexLock lock(&mutex_);
    RESTANTE_RETURN_IF_ERROR(leases_.Check(lease));
  }
  std::string key = codec::IndexKey(lease.mailbox_id, read.message_id);
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->index(), key));
  if (!value) return NotFound(ErrorReason::kMessageNotFound, "no such message");
  std::optional<codec::IndexEntry> entry = codec::DecodeIndexEntry(key, *value);
  if (!entry) return DamagedOnDisk();
  return NewBodyReader(database_, *entry, read);
}

absl::StatusOr<std::optional<int64_t>> RocksdbStore::FindOutcome(const Lease& lease) const {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->outcomes(), codec::OutcomeKey(lease)));
  if (!value) return std::optional<int64_t>();
  std::optional<codec::Outcome> outcome = codec::DecodeOutcome(*value);
  if (IsOver(outcome)) return std::optional<int64_t>();
  return std::optional<int64_t>(outcome->deleted_count);
}

absl::StatusOr<int64_t> RocksdbStore::Close(const Lease& lease,
                                            const std::vector<uint64_t>& delete_message_ids) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(lease.mailbox_id));
  Turn turn(&holder_turns_, {lease.mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(std::optional<int64_t> outcome, FindOutcome(lease));
  if (outcome) return *outcome;
  SessionInfo session;
  {
    MutexLock lock(&mutex_);
    RESTANTE_RETURN_IF_ERROR(delete_message_ids.empty() ? leases_.Check(lease)
                                                        : leases_.CheckDelete(lease));
    session = leases_.SessionOf(lease).value_or(SessionInfo());
  }
  // Nobody else can take the mailbox while the turn lasts, however long the write takes.
  RESTANTE_ASSIGN_OR_RETURN(const int64_t deleted, WriteClose(lease, session, delete_message_ids));
  MutexLock lock(&mutex_);
  leases_.Release(lease);
  return deleted;
}

absl::StatusOr<int64_t> RocksdbStore::WriteClose(const Lease& lease, const SessionInfo& session,
                                                 const std::vector<uint64_t>& ids) {
  rocksdb::WriteBatch batch;
  const MessageDeletion deletion{clock_.WallNow(), lease.session_id, session.client_address,
                                 lease.frontend};
  RESTANTE_ASSIGN_OR_RETURN(const codec::Usage removed,
                            deleted_.AddDeletion(lease.mailbox_id, ids, deletion, &batch));
  batch.Merge(database_->mailboxes(), lease.mailbox_id, codec::EncodeUsage(removed));
  batch.Put(database_->outcomes(), codec::OutcomeKey(lease),
            codec::EncodeOutcome({-removed.count, clock_.WallNow()}));
  batch.Delete(database_->leases(), lease.mailbox_id);
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return -removed.count;
}

absl::StatusOr<int64_t> RocksdbStore::DeleteMessages(const std::string& mailbox_id,
                                                     const std::vector<uint64_t>& message_ids,
                                                     const std::string& caller) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  Turn turn(&holder_turns_, {mailbox_id});
  rocksdb::WriteBatch batch;
  MessageDeletion deletion;
  deletion.delete_time = clock_.WallNow();
  deletion.caller = caller;
  RESTANTE_ASSIGN_OR_RETURN(const codec::Usage removed,
                            deleted_.AddDeletion(mailbox_id, message_ids, deletion, &batch));
  batch.Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage(removed));
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return -removed.count;
}

absl::StatusOr<std::vector<DeletedMessage>> RocksdbStore::ListDeletedMessages(
    const std::string& mailbox_id, uint64_t after, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  return deleted_.List(mailbox_id, after, limit);
}

absl::StatusOr<int64_t> RocksdbStore::UndeleteMessages(const std::string& mailbox_id,
                                                       const std::vector<uint64_t>& message_ids) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  Turn turn(&holder_turns_, {mailbox_id});
  rocksdb::WriteBatch batch;
  RESTANTE_ASSIGN_OR_RETURN(const codec::Usage added,
                            deleted_.AddRestoral(mailbox_id, message_ids, &batch));
  batch.Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage(added));
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return added.count;
}

absl::StatusOr<int64_t> RocksdbStore::PurgeDeletedMessages(
    const std::string& mailbox_id, const std::vector<uint64_t>& message_ids) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  Turn turn(&holder_turns_, {mailbox_id});
  rocksdb::WriteBatch batch;
  RESTANTE_ASSIGN_OR_RETURN(const int64_t purged,
                            deleted_.AddPurge(mailbox_id, message_ids, &batch));
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return purged;
}

absl::StatusOr<std::optional<SessionInfo>> RocksdbStore::BreakLease(const std::string& mailbox_id) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  Turn turn(&holder_turns_, {mailbox_id});
  std::optional<SessionInfo> holder;
  {
    MutexLock lock(&mutex_);
    holder = leases_.Break(mailbox_id);
  }
  // Else the session would have the mailbox again after a restart.
  rocksdb::WriteBatch batch;
  batch.Delete(database_->leases(), mailbox_id);
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, true));
  return holder;
}

absl::StatusOr<MailboxInfo> RocksdbStore::InfoOf(const std::string& mailbox_id,
                                                 const codec::Usage& usage) {
  RESTANTE_ASSIGN_OR_RETURN(const MailboxQuota quota, quotas_.Get(mailbox_id));
  MutexLock lock(&mutex_);
  return MailboxInfo{mailbox_id,
                     usage.count,
                     usage.octets,
                     quota,
                     LimitsOf(quota, quotas_.defaults()),
                     leases_.Holder(mailbox_id)};
}

absl::StatusOr<MailboxInfo> RocksdbStore::GetMailbox(const std::string& mailbox_id) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->mailboxes(), mailbox_id));
  if (!value) return NotFound(ErrorReason::kMailboxNotFound, "no such mailbox");
  return InfoOf(mailbox_id, codec::DecodeUsage(*value).value_or(codec::Usage()));
}

absl::StatusOr<std::vector<MailboxInfo>> RocksdbStore::ListMailboxes(const std::string& after,
                                                                     size_t limit) {
  std::vector<MailboxInfo> infos;
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->mailboxes()));
  // The first key behind `after` in byte order.
  for (it->Seek(after + std::string(1, '\0')); it->Valid() && infos.size() < limit; it->Next()) {
    codec::Usage usage = codec::DecodeUsage(ToView(it->value())).value_or(codec::Usage());
    RESTANTE_ASSIGN_OR_RETURN(MailboxInfo info, InfoOf(it->key().ToString(), usage));
    infos.push_back(std::move(info));
  }
  if (!it->status().ok()) return absl::UnavailableError(it->status().ToString());
  return infos;
}

absl::StatusOr<std::vector<MessageSummary>> RocksdbStore::ListMessages(
    const std::string& mailbox_id, uint64_t after, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(GetMailbox(mailbox_id).status());
  RESTANTE_ASSIGN_OR_RETURN(std::vector<codec::IndexEntry> entries, Scan(mailbox_id, after, limit));
  std::vector<MessageSummary> summaries;
  for (codec::IndexEntry& entry : entries) summaries.push_back(std::move(entry.summary));
  return summaries;
}

bool RocksdbStore::IsOver(const std::optional<codec::Outcome>& outcome) const {
  return !outcome || clock_.WallNow() - outcome->when >= kOutcomeKept;
}

bool RocksdbStore::IsOver(absl::string_view key, absl::string_view value) const {
  switch (swept_) {
    case Swept::kDeliveries:
      return deliveries_.IsOver(codec::DecodeDelivery(value));
    case Swept::kOutcomes:
      return IsOver(codec::DecodeOutcome(value));
    case Swept::kDeleted:
      return deleted_.IsOver(key, value);
  }
  return false;
}

absl::Status RocksdbStore::RemoveIfOver(const std::string& key) {
  switch (swept_) {
    case Swept::kDeliveries:
      return deliveries_.RemoveIfOver(key);
    case Swept::kOutcomes:
      return RemoveOutcome(key);
    case Swept::kDeleted:
      return PurgeIfOver(key);
  }
  return absl::OkStatus();
}

absl::StatusOr<SweepResult> RocksdbStore::Sweep(size_t limit) {
  SweepResult result;
  rocksdb::ColumnFamilyHandle* const families[] = {database_->deliveries(), database_->outcomes(),
                                                   database_->deleted()};
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), families[static_cast<size_t>(swept_)]));
  it->Seek(sweep_key_);
  for (size_t looked_at = 0; it->Valid() && looked_at < std::max<size_t>(limit, 1); ++looked_at) {
    if (IsOver(ToView(it->key()), ToView(it->value()))) {
      RESTANTE_RETURN_IF_ERROR(RemoveIfOver(it->key().ToString()));
      ++result.removed;
    }
    it->Next();
  }
  if (!it->status().ok()) return absl::UnavailableError(it->status().ToString());
  sweep_key_ = it->Valid() ? it->key().ToString() : "";
  if (it->Valid()) return result;
  result.round_done = swept_ == Swept::kDeleted;
  swept_ =
      result.round_done ? Swept::kDeliveries : static_cast<Swept>(static_cast<int>(swept_) + 1);
  return result;
}

absl::Status RocksdbStore::PurgeIfOver(const std::string& key) {
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

absl::Status RocksdbStore::RemoveOutcome(const std::string& key) {
  rocksdb::WriteBatch batch;
  batch.Delete(database_->outcomes(), key);
  return database_->Write(&batch, false);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Mailstore>> OpenRocksdbStore(const RocksdbStoreOptions& options,
                                                            const Clock& clock, Random& random,
                                                            StoreObserver* observer) {
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                            Database::Open(options.directory, options.block_cache_octets, clock,
                                           random, observer, options.env));
  auto store = std::make_unique<RocksdbStore>(std::move(database), options, clock, observer);
  RESTANTE_RETURN_IF_ERROR(store->RestoreLeases());
  return store;
}

}  // namespace restante::mailstore
