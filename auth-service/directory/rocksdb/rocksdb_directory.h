#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_

#include <memory>
#include <string>
#include <vector>

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

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_ROCKSDB_DIRECTORY_H_
