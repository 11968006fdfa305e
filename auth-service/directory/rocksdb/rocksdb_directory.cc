#include "auth-service/directory/rocksdb/rocksdb_directory.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/directory/journal.h"
#include "auth-service/directory/rocksdb/codec.h"
#include "common/audit/rocksdb/entry_family.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"

namespace restante::directory {
namespace {

// Format 1 had no audit entries and no purge revision; it is taken on as it is.
constexpr uint32_t kFormat = 2;
constexpr char kFormatKey[] = "f";
constexpr char kRevisionKey[] = "r";
constexpr char kPurgeRevisionKey[] = "u";
constexpr char kAccountPrefix = 'a';
constexpr char kPolicyPrefix = 'p';
constexpr char kRequestPrefix = 'q';
constexpr char kAuditFamily[] = "audit";
constexpr size_t kAccountsToTellOf = 1'000;

std::string KeyOf(char prefix, absl::string_view id) {
  return absl::StrCat(std::string(1, prefix), id);
}

absl::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // A torn tail of the log is a change that was never acknowledged; a hole before it is damage.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  // The directory is small and whole in memory: RocksDB's own caches would hold it twice.
  options.write_buffer_size = 4 << 20;
  options.max_total_wal_size = 16 << 20;
  options.max_open_files = 64;
  options.max_background_jobs = 1;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 1 << 20;
  return options;
}

// An open database and its column families.
struct Database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> families;  // go before db

  rocksdb::ColumnFamilyHandle* audit() const { return families[1].get(); }
};

class RocksDbJournal : public Journal {
 public:
  explicit RocksDbJournal(Database database) : database_(std::move(database)) {}

  absl::Status Commit(const DirectoryChange& change) override {
    if (failed_) return Failed("an earlier write failed");
    rocksdb::WriteBatch batch;
    Collect(change, &batch);
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = database_.db->Write(options, &batch);
    if (status.ok()) return absl::OkStatus();
    if (status.IsNoSpace()) {
      return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull,
                       "the directory's disk is full; nothing was changed");
    }
    // Whether the batch is on the disk is unknown, and a second fsync would not tell: the kernel
    // may have marked the pages clean.
    failed_ = true;
    return Failed(status.ToString());
  }

  absl::Status Backup(const std::string& path) const override {
    rocksdb::Checkpoint* opened = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(database_.db.get(), &opened);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(opened);
    if (status.ok()) status = checkpoint->CreateCheckpoint(path);
    if (status.ok()) return absl::OkStatus();
    const std::string text = absl::StrCat("no copy could be written to ", path, ": ",
                                          EscapeForLog(status.ToString(), 256));
    if (!status.IsNoSpace()) return absl::UnavailableError(text);
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull, text);
  }

  audit::EntryStorage& audit() override { return audit_; }

 private:
  static absl::Status Failed(absl::string_view why) {
    return MakeError(absl::StatusCode::kInternal, ErrorReason::kStoreFailed,
                     absl::StrCat("the directory could not be written (", EscapeForLog(why, 256),
                                  "); no more changes until restarted"));
  }

  // The batch's own calls fail only beyond 4 GiB, which the directory's limits keep far away.
  void Collect(const DirectoryChange& change, rocksdb::WriteBatch* batch) const {
    for (const std::string& id : change.forgotten_requests) {
      batch->Delete(KeyOf(kRequestPrefix, id));
    }
    if (!change.removed_account.empty()) {
      batch->Delete(KeyOf(kAccountPrefix, change.removed_account));
      batch->Put(kPurgeRevisionKey, ByteWriter().U64Be(change.revision).Take());
    }
    for (const AccountPtr& account : change.put_accounts) {
      batch->Put(KeyOf(kAccountPrefix, account->id), EncodeAccount(*account));
    }
    if (change.policy) {
      batch->Put(KeyOf(kPolicyPrefix, change.policy->protocol), EncodePolicy(*change.policy));
    }
    if (change.request) {
      batch->Put(KeyOf(kRequestPrefix, change.request->request_id), EncodeRequest(*change.request));
    }
    for (const audit::Entry& entry : change.audit) audit_.AddPut(entry, batch);
    batch->Put(kRevisionKey, ByteWriter().U64Be(change.revision).Take());
  }

  const Database database_;
  audit::EntryFamily audit_{database_.db.get(), database_.audit()};
  bool failed_ = false;
};

absl::Status Damaged(const std::string& path, absl::string_view key) {
  return absl::DataLossError(absl::StrCat("the directory in ", path,
                                          " has a damaged record at key \"", EscapeForLog(key, 128),
                                          "\"; restore it from a backup"));
}

absl::Status OpenFailed(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && absl::StrContains(text, "lock")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the directory in ", path, " is in use by another process; stop that first"));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat("the directory in ", path, " is damaged (", text,
                                            "); restore it from a backup"));
  }
  return absl::UnavailableError(absl::StrCat("the directory in ", path, " cannot be opened (", text,
                                             "); check that the path exists and can be written"));
}

// Not left to RocksDB, which would make it readable by everyone.
absl::Status MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the folder ", path, " cannot be made: ", std::strerror(errno)));
}

absl::Status WriteFormat(rocksdb::DB* database, const std::string& path) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written =
      database->Put(synced, kFormatKey, ByteWriter().U32Be(kFormat).Take());
  return written.ok() ? absl::OkStatus() : OpenFailed(path, written);
}

absl::Status CheckFormat(rocksdb::DB* database, const std::string& path) {
  std::string value;
  const rocksdb::Status status = database->Get({}, kFormatKey, &value);
  if (status.IsNotFound()) return WriteFormat(database, path);
  if (!status.ok()) return OpenFailed(path, status);
  ByteReader reader(value);
  const std::optional<uint32_t> format = reader.ReadU32Be();
  if (!format || !reader.empty()) return Damaged(path, kFormatKey);
  if (*format == kFormat) return absl::OkStatus();
  if (*format == 1) return WriteFormat(database, path);
  return absl::FailedPreconditionError(
      absl::StrCat("the directory in ", path, " has format ", *format, ", and this program knows ",
                   kFormat, "; run the program that wrote it, or a newer one"));
}

bool ReadNumber(absl::string_view value, uint64_t* number) {
  ByteReader reader(value);
  *number = reader.ReadU64Be().value_or(0);
  return value.size() == sizeof(*number);
}

// False for a damaged record.
bool Collect(absl::string_view key, absl::string_view value, DirectoryContents* contents) {
  if (key == kFormatKey) return true;  // CheckFormat has seen it
  if (key == kRevisionKey) return ReadNumber(value, &contents->revision);
  if (key == kPurgeRevisionKey) return ReadNumber(value, &contents->purge_revision);
  const absl::string_view id = key.substr(1);
  if (key.front() == kAccountPrefix) {
    std::optional<Account> account = DecodeAccount(value);
    if (!account || account->id != id) return false;
    contents->accounts.push_back(std::make_shared<const Account>(*std::move(account)));
    return true;
  }
  if (key.front() == kPolicyPrefix) {
    std::optional<ProtocolPolicy> policy = DecodePolicy(value);
    if (!policy || policy->protocol != id) return false;
    contents->policies.push_back(*std::move(policy));
    return true;
  }
  if (key.front() == kRequestPrefix) {
    std::optional<RememberedRequest> request = DecodeRequest(value);
    if (!request || request->request_id != id) return false;
    contents->requests.push_back(*std::move(request));
    return true;
  }
  return false;
}

// `progress` is told how many accounts were read and returns whether to go on.
absl::StatusOr<DirectoryContents> ReadAll(const Database& database, const std::string& path,
                                          absl::FunctionRef<bool(size_t accounts)> progress) {
  DirectoryContents contents;
  const absl::StatusOr<audit::Numbers> numbers =
      audit::EntryFamily(database.db.get(), database.audit()).ReadNumbers();
  if (!numbers.ok()) return Damaged(path, kAuditFamily);
  contents.audit = *numbers;
  size_t told = 0;
  const std::unique_ptr<rocksdb::Iterator> it(database.db->NewIterator({}));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const absl::string_view key = ViewOf(it->key());
    if (key.empty() || !Collect(key, ViewOf(it->value()), &contents)) return Damaged(path, key);
    if (contents.accounts.size() < told + kAccountsToTellOf) continue;
    told = contents.accounts.size();
    if (!progress(told)) return absl::CancelledError("told to stop");
  }
  if (!it->status().ok()) return OpenFailed(path, it->status());
  return contents;
}

enum class OpenMode { kReadAndWrite, kReadOnly };

absl::StatusOr<Database> OpenDatabase(const std::string& path, OpenMode mode) {
  const rocksdb::Options options = DatabaseOptions();
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, options}, {kAuditFamily, options}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      mode == OpenMode::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &opened)
          : rocksdb::DB::Open(options, path, families, &handles, &opened);
  if (!status.ok()) return OpenFailed(path, status);
  Database database;
  database.db.reset(opened);
  for (rocksdb::ColumnFamilyHandle* handle : handles) database.families.emplace_back(handle);
  return database;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Directory>> OpenRocksDbDirectory(
    const std::string& path, std::vector<ProtocolPolicy> defaults, const Clock& clock,
    Random& random) {
  RESTANTE_RETURN_IF_ERROR(MakePrivateDirectory(path));
  RESTANTE_ASSIGN_OR_RETURN(Database database, OpenDatabase(path, OpenMode::kReadAndWrite));
  RESTANTE_RETURN_IF_ERROR(CheckFormat(database.db.get(), path));
  RESTANTE_ASSIGN_OR_RETURN(DirectoryContents contents,
                            ReadAll(database, path, [](size_t) { return true; }));
  return std::make_unique<IndexedDirectory>(std::make_unique<RocksDbJournal>(std::move(database)),
                                            std::move(contents), std::move(defaults), clock,
                                            random);
}

absl::StatusOr<BackupContents> ReadBackup(const std::string& path,
                                          absl::FunctionRef<bool(size_t accounts)> progress) {
  RESTANTE_ASSIGN_OR_RETURN(const Database database, OpenDatabase(path, OpenMode::kReadOnly));
  RESTANTE_ASSIGN_OR_RETURN(const DirectoryContents contents, ReadAll(database, path, progress));
  BackupContents backup{.revision = contents.revision, .accounts = contents.accounts.size()};
  for (const AccountPtr& account : contents.accounts) {
    if (account->credential) backup.key_ids.insert(account->credential->key_id);
  }
  return backup;
}

}  // namespace restante::directory
