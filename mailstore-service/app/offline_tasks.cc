#include "mailstore-service/app/offline_tasks.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/rocksdb/backup.h"
#include "mailstore-service/store/rocksdb/inspection.h"

namespace restante::mailstore {
namespace {

constexpr char kInspect[] = "--inspect";
constexpr char kListBackups[] = "--list-backups";
constexpr char kRestoreBackup[] = "--restore-backup";

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

absl::StatusOr<std::string> Inspect(const Config& config) {
  RESTANTE_ASSIGN_OR_RETURN(const StoreInspection found, InspectStore(config.store.directory));
  if (found.faults.empty()) return ToText(found);
  return absl::DataLossError(absl::StrCat("the store has faults\n", ToText(found)));
}

absl::StatusOr<std::vector<BackupInfo>> Backups(const Config& config) {
  if (config.backups.directory.empty()) {
    return absl::FailedPreconditionError("the configuration says no backup_directory");
  }
  RESTANTE_ASSIGN_OR_RETURN(std::vector<BackupInfo> backups, ListBackups(config.backups.directory));
  if (backups.empty()) {
    return absl::NotFoundError(absl::StrCat("there are no backups in ", config.backups.directory));
  }
  return backups;
}

absl::StatusOr<std::string> ShowBackups(const Config& config) {
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<BackupInfo> backups, Backups(config));
  std::string text;
  for (const BackupInfo& backup : backups) {
    absl::StrAppend(&text, backup.backup_id, "  ", TimeText(backup.time), "  ", backup.size_octets,
                    " octets\n");
  }
  return text;
}

absl::StatusOr<BackupInfo> Choose(const Config& config, const std::string& value) {
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<BackupInfo> backups, Backups(config));
  if (value.empty()) return backups.back();
  uint32_t id = 0;
  const bool is_number = absl::SimpleAtoi(value, &id);
  for (const BackupInfo& backup : backups) {
    if (is_number && backup.backup_id == id) return backup;
  }
  return absl::NotFoundError(
      absl::StrCat("there is no backup ", value, "; ", kListBackups, " shows those that are"));
}

absl::StatusOr<std::string> Restore(const Config& config, const std::string& value) {
  RESTANTE_ASSIGN_OR_RETURN(const BackupInfo backup, Choose(config, value));
  RESTANTE_RETURN_IF_ERROR(
      RestoreBackup(config.backups.directory, backup.backup_id, config.store.directory));
  RESTANTE_ASSIGN_OR_RETURN(const std::string inspection, Inspect(config));
  return absl::StrCat("backup ", backup.backup_id, " of ", TimeText(backup.time), " is in ",
                      config.store.directory, "\n", inspection);
}

}  // namespace

std::vector<app::ProgramTask> OfflineTasks() {
  return {{kInspect, "",
           "Print format, counts and faults of the store in data_directory, and exit: 0 when it "
           "has none. Not while it is served"},
          {kListBackups, "", "Print the backups in backup_directory, and exit"},
          {kRestoreBackup, "ID",
           "Put that backup, or the newest, into data_directory, which must be empty, and exit"}};
}

absl::StatusOr<std::string> DoOfflineTask(const Config& config, const std::string& task,
                                          const std::string& value) {
  if (task == kInspect) return Inspect(config);
  if (task == kListBackups) return ShowBackups(config);
  RESTANTE_CHECK(task == kRestoreBackup);
  return Restore(config, value);
}

}  // namespace restante::mailstore
