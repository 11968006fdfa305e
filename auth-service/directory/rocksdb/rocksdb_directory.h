#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "auth-service/directory/directory.h"
#include "common/base/clock.h"
#include "common/base/random.h"

namespace restante::directory {

// Opens the directory kept in `path`, which is created when missing (mode 0700; its parent must be
// there), and reads it whole. schema.md says what is in it. `defaults` as in IndexedDirectory.
// `clock` and `random` outlive the result.
//
// FAILED_PRECONDITION when another process has it open or its format is newer than this program;
// DATA_LOSS when a record is damaged; UNAVAILABLE when the disk does not let it be read. Each says
// the path and what to do.
absl::StatusOr<std::unique_ptr<Directory>> OpenRocksDbDirectory(
    const std::string& path, std::vector<ProtocolPolicy> defaults, const Clock& clock,
    Random& random);

// What a copy made by Directory::Backup holds.
struct BackupContents {
  uint64_t revision = 0;
  size_t accounts = 0;
  std::set<std::string> key_ids = {};  // the key-encryption keys that its credentials need
};

// Reads the copy in `path` whole, checksums included, and changes nothing. `progress` is told now
// and then how many accounts were read, and returns whether to go on: CANCELLED otherwise. Errors
// as OpenRocksDbDirectory.
absl::StatusOr<BackupContents> ReadBackup(const std::string& path,
                                          absl::FunctionRef<bool(size_t accounts)> progress);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_
