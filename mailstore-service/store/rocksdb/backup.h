#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BACKUP_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BACKUP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

// Copies of a store in a directory of their own. Files that several of them have are there once. A
// copy is the store as it was at one moment: messages, UIDLs, settings, delivery ids and leases.
// One process at a time works on a directory.
namespace restante::mailstore {

struct BackupInfo {
  uint32_t backup_id = 0;  // ascending
  absl::Time time;
  int64_t size_octets = 0;  // what it would take alone
};

// Adds a copy of what `db` holds now, while it is written on; makes the directory, inside one that
// is. Durable when it returns. CANCELLED once `go_on`, asked
// after every four megabytes or so that were copied, says no; UNAVAILABLE
// when the disk refuses. What there was before is not touched by a failure.
absl::StatusOr<BackupInfo> BackUp(rocksdb::DB& db, const std::string& directory,
                                  const std::function<bool(int64_t octets)>& go_on);

// Oldest first; none for a directory that is not there. UNAVAILABLE when it cannot be read.
absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& directory);

// Reads each file of the backup and compares its checksum. NOT_FOUND; DATA_LOSS that names the
// file.
absl::Status VerifyBackup(const std::string& directory, uint32_t backup_id);

// Makes `into`, which must not be there or be empty, what the backup holds: FAILED_PRECONDITION
// otherwise. DATA_LOSS when a file of it is damaged; `into` is empty then.
absl::Status RestoreBackup(const std::string& directory, uint32_t backup_id,
                           const std::string& into);

// Removes all but the newest `kept`, which is at least 1.
absl::Status DropOldBackups(const std::string& directory, size_t kept);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BACKUP_H_
