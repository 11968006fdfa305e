#include <rocksdb/db.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/operations/operation_store.h"

namespace restante::operations {
namespace {

absl::Status ToStatus(const rocksdb::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat("operations cannot be ", what, ": ", status.ToString());
  if (status.IsNoSpace()) {
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull, text);
  }
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

class RocksDbOperationStore : public OperationStore {
 public:
  explicit RocksDbOperationStore(rocksdb::DB* database) : database_(database) {}

  absl::Status Put(absl::string_view id, absl::string_view record) override {
    return ToStatus(
        database_->Put(Synced(), {id.data(), id.size()}, {record.data(), record.size()}), "kept");
  }

  absl::Status Remove(absl::string_view id) override {
    return ToStatus(database_->Delete(Synced(), {id.data(), id.size()}), "forgotten");
  }

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadAll() override {
    std::vector<std::pair<std::string, std::string>> all;
    const std::unique_ptr<rocksdb::Iterator> it(database_->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      all.emplace_back(it->key().ToString(), it->value().ToString());
    }
    if (it->status().ok()) return all;
    return ToStatus(it->status(), "read");
  }

 private:
  static rocksdb::WriteOptions Synced() {
    rocksdb::WriteOptions options;
    options.sync = true;
    return options;
  }

  const std::unique_ptr<rocksdb::DB> database_;
};

absl::StatusOr<std::unique_ptr<OperationStore>> OpenAt(const std::string& path) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // A few hundred KiB in all.
  options.write_buffer_size = 1 << 20;
  options.max_background_jobs = 1;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, &opened);
  if (!status.ok()) return ToStatus(status, absl::StrCat("opened in ", path));
  auto store = std::make_unique<RocksDbOperationStore>(opened);
  // A block that cannot be read shows only when it is.
  RESTANTE_RETURN_IF_ERROR(store->ReadAll().status());
  return store;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OperationStore>> OpenRocksDbOperationStore(
    const std::string& path, const log::Logger& logger) {
  absl::StatusOr<std::unique_ptr<OperationStore>> store = OpenAt(path);
  if (!absl::IsDataLoss(store.status())) return store;
  const std::string aside = path + ".damaged";
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  std::filesystem::rename(path, aside, error);
  logger.Error("operations_damaged", {{"error", store.status().ToString()},
                                      {"moved_to", error ? "" : aside},
                                      {"meaning", "those that were not done must be begun again"}});
  return OpenAt(path);
}

}  // namespace restante::operations
