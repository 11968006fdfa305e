#include "auth-service/rpc/backup_job.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/rocksdb/rocksdb_directory.h"
#include "common/base/status_macros.h"
#include "common/operations/job_progress.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxKeyIds = 100;
constexpr char kPartial[] = ".partial";

absl::Status DiskError(const std::string& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
}

// So that the new name is there after a power cut.
absl::Status SyncDirectory(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && fsync(directory) == 0;
  const std::error_code error(errno, std::generic_category());
  if (directory >= 0) close(directory);
  return synced ? absl::OkStatus() : DiskError(path, error);
}

}  // namespace

std::string BackupJob::Path() const {
  const absl::Time begun = FromTimestamp(metadata_.create_time()).value_or(absl::UnixEpoch());
  return absl::StrCat(parts_.backup_directory, "/directory-",
                      absl::FormatTime("%Y%m%dT%H%M%E6SZ", begun, absl::UTCTimeZone()));
}

absl::Status BackupJob::Copy(const std::string& partial) const {
  std::error_code error;
  fs::create_directory(parts_.backup_directory, error);
  if (error) return DiskError(parts_.backup_directory, error);
  fs::remove_all(partial, error);
  if (error) return DiskError(partial, error);
  RESTANTE_RETURN_IF_ERROR(parts_.directory.Backup(partial));
  // For this user alone, whatever the umask is.
  fs::permissions(partial, fs::perms::owner_all, error);
  return error ? DiskError(partial, error) : absl::OkStatus();
}

absl::StatusOr<google::protobuf::Any> BackupJob::Run(operations::JobContext& context) {
  operations::JobProgress progress(context, parts_.clock);
  const std::string path = Path();
  const std::string partial = path + kPartial;
  std::error_code error;
  const bool is_there = fs::exists(path, error);  // a process that then ended was this far
  progress.BeginPhase("copy", 0, &metadata_);
  if (!is_there) {
    const absl::Status copied = Copy(partial);
    if (!copied.ok()) {
      // It may be what fills the disk.
      fs::remove_all(partial, error);
      return copied;
    }
  }
  bool go_on =
      progress.BeginPhase("verify", static_cast<int64_t>(parts_.directory.Count()), &metadata_);
  const absl::StatusOr<directory::BackupContents> contents =
      directory::ReadBackup(is_there ? path : partial, [&](size_t accounts) {
        go_on = go_on && progress.Report(static_cast<int64_t>(accounts), &metadata_);
        return go_on;
      });
  if (!contents.ok()) {
    fs::remove_all(partial, error);
    return contents.status();
  }
  if (!is_there) fs::rename(partial, path, error);
  if (error) return DiskError(path, error);
  RESTANTE_RETURN_IF_ERROR(SyncDirectory(parts_.backup_directory));

  metadata_.set_phase("done");
  metadata_.set_total(static_cast<int64_t>(contents->accounts));
  progress.Report(static_cast<int64_t>(contents->accounts), &metadata_);
  auth::v1::BackupDirectoryResponse response;
  response.set_path(path);
  response.set_revision(contents->revision);
  response.set_accounts(static_cast<int64_t>(contents->accounts));
  for (const std::string& id : contents->key_ids) {
    if (static_cast<size_t>(response.key_ids_size()) < kMaxKeyIds) response.add_key_ids(id);
  }
  google::protobuf::Any packed;
  packed.PackFrom(response);
  return packed;
}

}  // namespace restante::rpc
