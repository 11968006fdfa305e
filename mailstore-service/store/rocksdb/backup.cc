#include "mailstore-service/store/rocksdb/backup.h"

#include <rocksdb/utilities/backup_engine.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kProgressOctets = int64_t{4} << 20;

absl::Status ToAbsl(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsNotFound()) return absl::NotFoundError("there is no such backup");
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat("the backup is damaged: ", status.ToString()));
  }
  return absl::UnavailableError(status.ToString());
}

rocksdb::BackupEngineOptions EngineOptions(const std::string& directory) {
  rocksdb::BackupEngineOptions options(directory);
  options.share_table_files = true;
  // So that a file of another store, or of this one before a restore, is never taken for its own.
  options.share_files_with_checksum = true;
  options.sync = true;
  options.callback_trigger_interval_size = kProgressOctets;
  return options;
}

absl::StatusOr<std::unique_ptr<rocksdb::BackupEngine>> OpenToWrite(const std::string& directory) {
  rocksdb::BackupEngine* engine = nullptr;
  RESTANTE_RETURN_IF_ERROR(ToAbsl(
      rocksdb::BackupEngine::Open(rocksdb::Env::Default(), EngineOptions(directory), &engine)));
  return std::unique_ptr<rocksdb::BackupEngine>(engine);
}

absl::StatusOr<std::unique_ptr<rocksdb::BackupEngineReadOnly>> OpenToRead(
    const std::string& directory) {
  rocksdb::BackupEngineReadOnly* engine = nullptr;
  RESTANTE_RETURN_IF_ERROR(ToAbsl(rocksdb::BackupEngineReadOnly::Open(
      rocksdb::Env::Default(), EngineOptions(directory), &engine)));
  return std::unique_ptr<rocksdb::BackupEngineReadOnly>(engine);
}

BackupInfo ToInfo(const rocksdb::BackupInfo& info) {
  return {info.backup_id, absl::FromUnixSeconds(info.timestamp), static_cast<int64_t>(info.size)};
}

absl::Status CheckIsEmpty(const std::string& into) {
  std::error_code error;
  if (!fs::exists(into, error)) return absl::OkStatus();
  for (const fs::directory_entry& entry : fs::directory_iterator(into, error)) {
    // A volume of its own has it.
    if (entry.path().filename() == "lost+found") continue;
    return absl::FailedPreconditionError(
        absl::StrCat(into, " is not empty: move what is there away first"));
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(into, ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& directory) {
  std::vector<BackupInfo> backups;
  std::error_code error;
  if (!fs::exists(directory, error)) return backups;
  RESTANTE_ASSIGN_OR_RETURN(const auto engine, OpenToRead(directory));
  std::vector<rocksdb::BackupInfo> infos;
  engine->GetBackupInfo(&infos);
  for (const rocksdb::BackupInfo& info : infos) {
    backups.push_back(ToInfo(info));
  }
  return backups;
}

absl::Status VerifyBackup(const std::string& directory, uint32_t backup_id) {
  RESTANTE_ASSIGN_OR_RETURN(const auto engine, OpenToRead(directory));
  return ToAbsl(engine->VerifyBackup(backup_id, /*verify_with_checksum=*/true));
}

absl::Status RestoreBackup(const std::string& directory, uint32_t backup_id,
                           const std::string& into) {
  RESTANTE_RETURN_IF_ERROR(CheckIsEmpty(into));
  RESTANTE_ASSIGN_OR_RETURN(const auto engine, OpenToRead(directory));
  // Whole or not at all: what is half restored would open, and lack mail.
  absl::Status restored = ToAbsl(engine->VerifyBackup(backup_id, /*verify_with_checksum=*/true));
  if (restored.ok()) restored = ToAbsl(engine->RestoreDBFromBackup(backup_id, into, into));
  if (restored.ok()) {
    std::error_code error;
    fs::permissions(into, fs::perms::owner_all, error);
    return error ? absl::UnavailableError(absl::StrCat(into, ": ", error.message()))
                 : absl::OkStatus();
  }
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(into, error)) {
    if (entry.path().filename() != "lost+found") fs::remove_all(entry, error);
  }
  return restored;
}

absl::Status DropOldBackups(const std::string& directory, size_t kept) {
  RESTANTE_ASSIGN_OR_RETURN(const auto engine, OpenToWrite(directory));
  RESTANTE_RETURN_IF_ERROR(ToAbsl(engine->PurgeOldBackups(static_cast<uint32_t>(kept))));
  return ToAbsl(engine->GarbageCollect());
}

absl::StatusOr<BackupInfo> BackUp(rocksdb::DB& db, const std::string& directory,
                                  const std::function<bool(int64_t octets)>& go_on) {
  RESTANTE_ASSIGN_OR_RETURN(const auto engine, OpenToWrite(directory));
  // For this user alone, whatever the umask is.
  std::error_code error;
  fs::permissions(directory, fs::perms::owner_all, error);
  rocksdb::CreateBackupOptions options;
  options.flush_before_backup = true;
  int64_t octets = 0;
  options.progress_callback = [&engine, &go_on, &octets] {
    octets += kProgressOctets;
    if (!go_on(octets)) engine->StopBackup();
  };
  rocksdb::BackupID id = 0;
  const rocksdb::Status status = engine->CreateNewBackup(options, &db, &id);
  if (status.IsIncomplete()) return absl::CancelledError("it was asked to stop");
  RESTANTE_RETURN_IF_ERROR(ToAbsl(status));
  rocksdb::BackupInfo info;
  RESTANTE_RETURN_IF_ERROR(ToAbsl(engine->GetBackupInfo(id, &info)));
  return ToInfo(info);
}

}  // namespace restante::mailstore
