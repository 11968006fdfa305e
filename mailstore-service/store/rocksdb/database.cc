#include "mailstore-service/store/rocksdb/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/message_id.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/tuning.h"

namespace restante::mailstore {
namespace {

// Format 1 knew nothing deleted that can be brought back and no quotas, format 2 no retention and
// no deleted mailboxes, format 3 no audit entries and no body that several messages have, format 4
// no checksum of a piece that is also its key's. All are taken on.
constexpr uint32_t kFormat = 5;
constexpr uint32_t kOldestFormat = 1;
constexpr absl::string_view kFormatKey = "format";
constexpr absl::string_view kBootKey = "boot";
constexpr absl::string_view kStoreKey = "store";

absl::Status Unreadable(const rocksdb::Status& status) {
  return absl::UnavailableError(absl::StrCat("the store cannot be read: ", status.ToString()));
}

// A compaction that meets damage would end every write. It is tried again instead, and succeeds
// when the damage was mended; else it is tried on and the damage costs what is in it alone.
class MendsForCompaction : public rocksdb::EventListener {
 public:
  explicit MendsForCompaction(ParityKeeper* parity) : parity_(*parity) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    if (reason != rocksdb::BackgroundErrorReason::kCompaction || !error->IsCorruption()) return;
    parity_.Mend(error->ToString());
    *error = rocksdb::Status::OK();
  }

 private:
  ParityKeeper& parity_;
};

class TellsOfFiles : public rocksdb::EventListener {
 public:
  explicit TellsOfFiles(ParityKeeper* parity) : parity_(*parity) {}

  // A new log has begun.
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override { parity_.OnFilesChanged(); }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    parity_.OnFilesChanged();
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    parity_.OnFilesChanged();
  }
  void OnTableFileDeleted(const rocksdb::TableFileDeletionInfo&) override {
    parity_.OnFilesChanged();
  }
  void OnBlobFileDeleted(const rocksdb::BlobFileDeletionInfo&) override {
    parity_.OnFilesChanged();
  }

 private:
  ParityKeeper& parity_;
};

}  // namespace

std::vector<rocksdb::ColumnFamilyDescriptor> Database::ColumnFamilies(size_t block_cache_octets) {
  // Room for index and bodies alike; the rest is small.
  rocksdb::ColumnFamilyOptions small = SmallRecordOptions(block_cache_octets / 2);
  return {
      {rocksdb::kDefaultColumnFamilyName, small},
      {"mailboxes", UsageOptions(block_cache_octets / 8)},
      {"index", small},
      {"bodies", BodyOptions(block_cache_octets / 2)},
      {"deliveries", small},
      {"outcomes", small},
      {"leases", small},
      {"deleted", small},
      {"quotas", small},  // records of mailboxes, under the name that they had when they were less
      {"audit", small},
      {"references", small},
  };
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory,
                                                         size_t block_cache_octets,
                                                         const Clock& clock, Random& random,
                                                         StoreObserver* observer,
                                                         rocksdb::Env* env) {
  std::unique_ptr<Database> database(new Database());
  database->observer_ = observer;
  rocksdb::DB* db = nullptr;
  rocksdb::DBOptions db_options = DatabaseOptions();
  if (env != nullptr) db_options.env = env;
  database->parity_ = std::make_unique<ParityKeeper>(directory, clock, observer);
  database->parity_->MendForOpen();
  db_options.listeners.push_back(std::make_shared<MendsForCompaction>(database->parity_.get()));
  db_options.listeners.push_back(std::make_shared<TellsOfFiles>(database->parity_.get()));
  const auto open = [&] {
    return rocksdb::DB::Open(db_options, directory, ColumnFamilies(block_cache_octets),
                             &database->families_, &db);
  };
  rocksdb::Status opened = open();
  while (opened.IsCorruption() && database->parity_->Mend(opened.ToString())) opened = open();
  // The library does not always name the right file.
  if (opened.IsCorruption() && database->parity_->MendAll().mended_pages > 0) opened = open();
  if (!opened.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot open the store in ", directory, ": ", opened.ToString()));
  }
  database->db_.reset(db);
  database->parity_->Start();
  RESTANTE_RETURN_IF_ERROR(database->CheckFormat(random));
  RESTANTE_RETURN_IF_ERROR(database->TakeBootNumber(clock));
  RESTANTE_RETURN_IF_ERROR(database->RemovePendingBodies());
  return database;
}

Database::~Database() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    rocksdb::Status status = db_->DestroyColumnFamilyHandle(family);
    RESTANTE_CHECK(status.ok());
  }
}

absl::Status Database::CheckFormat(Random& random) {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> format, Get(defaults(), kFormatKey));
  if (!format) {
    store_id_ = ByteReader(random.Bytes(4)).ReadU32Be().value_or(0);
    rocksdb::WriteBatch batch;
    batch.Put(defaults(), ToSlice(kFormatKey), codec::EncodeU32(kFormat));
    batch.Put(defaults(), ToSlice(kStoreKey), codec::EncodeU32(store_id_));
    return Write(&batch, true);
  }
  uint32_t found = codec::DecodeU32(*format).value_or(0);
  if (found >= kOldestFormat && found < kFormat) {
    rocksdb::WriteBatch batch;
    batch.Put(defaults(), ToSlice(kFormatKey), codec::EncodeU32(kFormat));
    RESTANTE_RETURN_IF_ERROR(Write(&batch, true));
  } else if (found != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is of format ", found, " and this program reads format ", kFormat,
                     ": run the version of restante-mailstore that wrote it, or restore a backup"));
  }
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> store_id, Get(defaults(), kStoreKey));
  store_id_ = codec::DecodeU32(store_id.value_or("")).value_or(0);
  return absl::OkStatus();
}

absl::Status Database::TakeBootNumber(const Clock& clock) {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> last, Get(defaults(), kBootKey));
  uint32_t last_number = codec::DecodeU32(last.value_or("")).value_or(0);
  boot_number_ = NextBootNumber(last_number, clock.WallNow());
  rocksdb::WriteBatch batch;
  batch.Put(defaults(), ToSlice(kBootKey), codec::EncodeU32(boot_number_));
  return Write(&batch, true);
}

absl::Status Database::RemovePendingBodies() {
  std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), defaults()));
  for (it->Seek(ToSlice(codec::kPendingPrefix)); it->Valid(); it->Next()) {
    std::optional<uint64_t> body_id = codec::DecodePendingKey(ToView(it->key()));
    if (!body_id) break;
    rocksdb::WriteBatch batch;
    batch.DeleteRange(bodies(), codec::BodyKey(*body_id, 0), codec::BodyKey(*body_id + 1, 0));
    batch.Delete(defaults(), it->key());
    RESTANTE_RETURN_IF_ERROR(Write(&batch, false));
  }
  return it->status().ok() ? absl::OkStatus() : CannotRead(it->status());
}

absl::Status Database::Write(rocksdb::WriteBatch* batch, bool sync) {
  absl::Status failed = MakeError(
      absl::StatusCode::kInternal, ErrorReason::kStoreFailed,
      "an earlier write may not be durable: the store takes no more until it is restarted");
  if (failed_) return failed;
  // After a full disk the library refuses writes until it is asked to go on.
  if (full_ && db_->Resume().ok()) full_ = false;
  rocksdb::WriteOptions options;
  options.sync = sync;
  rocksdb::Status status = db_->Write(options, batch);
  if (status.ok()) {
    parity_->OnWrite();
    return absl::OkStatus();
  }
  if (status.IsNoSpace()) {
    full_ = true;
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull,
                     "the store has no room");
  }
  if (!failed_.exchange(true) && observer_ != nullptr) observer_->OnFailed(status.ToString());
  return failed;
}

absl::Status Database::Flush() {
  const rocksdb::Status flushed = db_->Flush(rocksdb::FlushOptions(), families_);
  return flushed.ok() ? absl::OkStatus() : absl::UnavailableError(flushed.ToString());
}

absl::Status Database::CannotRead(const rocksdb::Status& status) const {
  if (status.IsCorruption()) parity_->Mend(status.ToString());
  return Unreadable(status);
}

rocksdb::Status Database::Get(const rocksdb::ReadOptions& options,
                              rocksdb::ColumnFamilyHandle* family, absl::string_view key,
                              std::string* value) const {
  rocksdb::Status status = db_->Get(options, family, ToSlice(key), value);
  while (status.IsCorruption() && parity_->Mend(status.ToString())) {
    status = db_->Get(options, family, ToSlice(key), value);
  }
  return status;
}

void Database::ForgetCachedBodies() const {
  const auto factory = db_->GetOptions(bodies()).table_factory;
  const auto* table = factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  RESTANTE_CHECK(table != nullptr);
  table->block_cache->EraseUnRefEntries();
}

absl::Status Database::Visit(rocksdb::ColumnFamilyHandle* family, absl::string_view from,
                             absl::string_view end, Row visit, rocksdb::ReadOptions options) const {
  const rocksdb::Slice bound = ToSlice(end);
  if (!end.empty()) options.iterate_upper_bound = &bound;
  std::string next(from);
  while (true) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family));
    for (it->Seek(next); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) return absl::OkStatus();
      next.assign(it->key().data(), it->key().size());
      next.push_back('\0');
    }
    if (it->status().ok()) return absl::OkStatus();
    if (!it->status().IsCorruption() || !parity_->Mend(it->status().ToString())) {
      return Unreadable(it->status());
    }
  }
}

absl::StatusOr<std::optional<std::string>> Database::Get(
    rocksdb::ColumnFamilyHandle* family, absl::string_view key,
    const rocksdb::ReadOptions& options) const {
  std::string value;
  const rocksdb::Status status = Get(options, family, key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return CannotRead(status);
  return std::optional<std::string>(std::move(value));
}

}  // namespace restante::mailstore
