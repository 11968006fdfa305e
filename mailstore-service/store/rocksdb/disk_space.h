#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DISK_SPACE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DISK_SPACE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "mailstore-service/store/rocksdb/database.h"

namespace restante::mailstore {

// Room on the disk of a store. Deliveries leave a reserve, so that QUIT, deletion and the library's
// own rewriting of files go on when mail has filled the rest. Thread-safe.
class DiskSpace {
 public:
  // `database` outlives this. `reserved_octets` 0: no reserve.
  DiskSpace(Database* database, std::string directory, int64_t reserved_octets)
      : database_(*database), directory_(std::move(directory)), reserved_octets_(reserved_octets) {}

  // STORE_FULL when `octets` more would go into the reserve. OK when the disk does not say.
  absl::Status CheckRoom(int64_t octets) const;

  // Gives the room of removed texts back to the disk, when they are many, or when there is some and
  // room is short: rewrites what refers to them, which takes a while.
  absl::Status ReclaimIfDue();

 private:
  // Of the file system; a great number when it does not say.
  int64_t FreeOctets() const;

  Database& database_;
  const std::string directory_;
  const int64_t reserved_octets_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DISK_SPACE_H_
