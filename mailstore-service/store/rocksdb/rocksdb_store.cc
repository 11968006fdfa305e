#include "mailstore-service/store/rocksdb/rocksdb_store.h"

#include <rocksdb/perf_context.h>
#include <rocksdb/snapshot.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "mailstore-service/store/rocksdb/body_reader.h"
#include "mailstore-service/store/rocksdb/store_on_disk.h"

namespace restante::mailstore {
namespace {

// By iterators of this thread, ever. Counted at RocksDB's default PerfLevel.
uint64_t RemovedRowsPassed() { return rocksdb::get_perf_context()->internal_delete_skipped_count; }

}  // namespace

absl::Status StoreOnDisk::RestoreLeases() {
  MutexLock lock(&mutex_);
  const auto restore = [this](absl::string_view key,
                              absl::string_view value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::optional<codec::HeldLease> held = codec::DecodeLease(key, value);
    if (held) leases_.Restore(held->lease, held->session);
    return true;
  };
  return database_->Visit(database_->leases(), "", "", restore);
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> StoreOnDisk::BeginDelivery(
    std::vector<std::string> mailbox_ids) {
  return deliveries_.Begin(std::move(mailbox_ids));
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> StoreOnDisk::BeginImport(
    const std::string& mailbox_id, const ImportedMessage& message) {
  return deliveries_.BeginImport(mailbox_id, message);
}

absl::Status StoreOnDisk::CheckDelivery(const std::string& mailbox_id, int64_t size_octets) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  RESTANTE_RETURN_IF_ERROR(space_.CheckRoom(size_octets));
  return records_.CheckDelivery(mailbox_id, size_octets);
}

absl::StatusOr<OpenedMaildrop> StoreOnDisk::Open(const std::string& mailbox_id,
                                                 const SessionInfo& session, size_t limit) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
  OpenedMaildrop opened;
  opened.lease_ttl = kLeaseTtl;
  RESTANTE_ASSIGN_OR_RETURN(opened.lease, TakeLease(mailbox_id, session));
  const uint64_t settled = deliveries_.SettledBelow();
  const IndexStarts::Era era = starts_.CurrentEra();
  // Usage, list and end of the list are of one moment.
  rocksdb::ManagedSnapshot snapshot(&database_->db());
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::Usage> usage,
                            records_.FindUsage(mailbox_id, options));
  opened.message_count = usage.value_or(codec::Usage()).count;
  opened.total_size_octets = usage.value_or(codec::Usage()).octets;
  const uint64_t start = starts_.StartOf(mailbox_id);
  RESTANTE_ASSIGN_OR_RETURN(Listing list, List(mailbox_id, start, limit, options));
  if (list.removed_rows > IndexStarts::kFewRows) {
    starts_.Learn(mailbox_id, std::min(list.first_message_id.value_or(settled), settled), era);
  }
  opened.messages = std::move(list.messages);
  if (opened.messages.size() == limit) {
    RESTANTE_ASSIGN_OR_RETURN(opened.last_message_id, LastMessageId(mailbox_id, options));
  } else if (!opened.messages.empty()) {
    opened.last_message_id = opened.messages.back().message_id;
  }
  RESTANTE_ASSIGN_OR_RETURN(const codec::MailboxRecord record, records_.Get(mailbox_id));
  opened.kept_at_least =
      ShortestOf(RetentionOf(record.settings.retention, records_.defaults().retention));
  return opened;
}

absl::StatusOr<Lease> StoreOnDisk::TakeLease(const std::string& mailbox_id,
                                             const SessionInfo& session) {
  Turn turn(&holder_turns_, {mailbox_id});
  RESTANTE_RETURN_IF_ERROR(records_.CheckActive(mailbox_id));
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

absl::Status StoreOnDisk::Renew(const Lease& lease) {
  MutexLock lock(&mutex_);
  return leases_.Renew(lease);
}

void StoreOnDisk::ReportDamage(const std::string& mailbox_id, uint64_t message_id) const {
  if (observer_ != nullptr) observer_->OnDamagedMessage(mailbox_id, message_id);
}

absl::StatusOr<StoreOnDisk::Listing> StoreOnDisk::List(const std::string& mailbox_id,
                                                       uint64_t first, size_t limit,
                                                       const rocksdb::ReadOptions& options) const {
  Listing list;
  const uint64_t removed_before = RemovedRowsPassed();
  const auto take = [&](absl::string_view key, absl::string_view value) {
    const uint64_t id = codec::MessageIdOfIndexKey(key);
    if (!list.first_message_id) list.first_message_id = id;
    if (list.messages.size() == limit) return false;
    std::optional<codec::IndexEntry> entry = codec::DecodeIndexEntry(key, value);
    if (entry) list.messages.push_back(std::move(entry->summary));
    if (!entry) ReportDamage(mailbox_id, id);
    return true;
  };
  RESTANTE_RETURN_IF_ERROR(database_->Visit(database_->index(), codec::IndexKey(mailbox_id, first),
                                            codec::MailboxEnd(mailbox_id), take, options));
  list.removed_rows = RemovedRowsPassed() - removed_before;
  return list;
}

absl::StatusOr<uint64_t> StoreOnDisk::LastMessageId(const std::string& mailbox_id,
                                                    const rocksdb::ReadOptions& options) const {
  const std::string prefix = codec::MailboxPrefix(mailbox_id);
  const rocksdb::Slice bound(prefix);
  rocksdb::ReadOptions of_mailbox = options;
  of_mailbox.iterate_lower_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(of_mailbox, database_->index()));
  it->SeekForPrev(codec::IndexKey(mailbox_id, std::numeric_limits<uint64_t>::max()));
  if (!it->status().ok()) return database_->CannotRead(it->status());
  return it->Valid() ? codec::MessageIdOfIndexKey(ToView(it->key())) : 0;
}

absl::StatusOr<std::unique_ptr<MessageReader>> StoreOnDisk::Read(const Lease& lease,
                                                                 const MessageRead& read) {
  {
    MutexLock lock(&mutex_);
    RESTANTE_RETURN_IF_ERROR(leases_.Check(lease));
  }
  return ReadFrom(lease.mailbox_id, read);
}

absl::StatusOr<std::unique_ptr<MessageReader>> StoreOnDisk::ReadFrom(
    const std::string& mailbox_id, const MessageRead& read) const {
  std::string key = codec::IndexKey(mailbox_id, read.message_id);
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->index(), key));
  if (!value) {
    return MakeError(absl::StatusCode::kNotFound, ErrorReason::kMessageNotFound, "no such message");
  }
  std::optional<codec::IndexEntry> entry = codec::DecodeIndexEntry(key, *value);
  if (!entry) return DamagedOnDisk();
  return NewBodyReader(database_, *entry, read);
}

absl::StatusOr<std::optional<int64_t>> StoreOnDisk::FindOutcome(const Lease& lease) const {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->outcomes(), codec::OutcomeKey(lease)));
  if (!value) return std::optional<int64_t>();
  std::optional<codec::Outcome> outcome = codec::DecodeOutcome(*value);
  if (IsOver(outcome)) return std::optional<int64_t>();
  return std::optional<int64_t>(outcome->deleted_count);
}

absl::StatusOr<int64_t> StoreOnDisk::Close(const Lease& lease, const MaildropUpdate& update) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(lease.mailbox_id));
  Turn turn(&holder_turns_, {lease.mailbox_id});
  RESTANTE_ASSIGN_OR_RETURN(std::optional<int64_t> outcome, FindOutcome(lease));
  if (outcome) return *outcome;
  SessionInfo session;
  {
    MutexLock lock(&mutex_);
    RESTANTE_RETURN_IF_ERROR(update.delete_message_ids.empty() ? leases_.Check(lease)
                                                               : leases_.CheckDelete(lease));
    session = leases_.SessionOf(lease).value_or(SessionInfo());
  }
  // Nobody else can take the mailbox while the turn lasts, however long the write takes.
  RESTANTE_ASSIGN_OR_RETURN(const int64_t deleted, WriteClose(lease, session, update));
  MutexLock lock(&mutex_);
  leases_.Release(lease);
  return deleted;
}

absl::StatusOr<int64_t> StoreOnDisk::WriteClose(const Lease& lease, const SessionInfo& session,
                                                const MaildropUpdate& update) {
  rocksdb::WriteBatch batch;
  const MessageDeletion deletion{clock_.WallNow(), lease.session_id, session.client_address,
                                 lease.frontend};
  RESTANTE_ASSIGN_OR_RETURN(
      const MessagesChange removed,
      deleted_.AddDeletion(lease.mailbox_id, update.delete_message_ids, deletion, &batch));
  RESTANTE_RETURN_IF_ERROR(AddReadMarks(lease.mailbox_id, update, &batch));
  batch.Merge(database_->mailboxes(), lease.mailbox_id, codec::EncodeUsage(removed.usage));
  batch.Put(database_->outcomes(), codec::OutcomeKey(lease),
            codec::EncodeOutcome({-removed.usage.count, clock_.WallNow()}));
  batch.Delete(database_->leases(), lease.mailbox_id);
  // A session that changed nothing has nothing to lose but its end: most sessions only look, and
  // wait for no disk.
  const bool changes = removed.usage.count != 0 || !update.read_message_ids.empty();
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, changes));
  return -removed.usage.count;
}

absl::Status StoreOnDisk::AddReadMarks(const std::string& mailbox_id, const MaildropUpdate& update,
                                       rocksdb::WriteBatch* batch) const {
  std::set<uint64_t> ids(update.read_message_ids.begin(), update.read_message_ids.end());
  for (uint64_t id : update.delete_message_ids) ids.erase(id);
  for (uint64_t id : ids) {
    const std::string key = codec::IndexKey(mailbox_id, id);
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                              database_->Get(database_->index(), key));
    std::optional<codec::IndexEntry> entry =
        value ? codec::DecodeIndexEntry(key, *value) : std::nullopt;
    if (!entry || entry->summary.read_time) continue;
    entry->summary.read_time = clock_.WallNow();
    batch->Put(database_->index(), key, codec::EncodeIndexEntry(*entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RocksdbStore>> OpenRocksdbStore(const RocksdbStoreOptions& options,
                                                               const Clock& clock, Random& random,
                                                               StoreObserver* observer) {
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                            Database::Open(options.directory, options.block_cache_octets, clock,
                                           random, observer, options.env));
  auto store = std::make_unique<StoreOnDisk>(std::move(database), options, clock, observer);
  RESTANTE_RETURN_IF_ERROR(store->RestoreLeases());
  return store;
}

}  // namespace restante::mailstore
