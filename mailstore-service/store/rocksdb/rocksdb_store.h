#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_ROCKSDB_STORE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_ROCKSDB_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/rocksdb/backup.h"
#include "mailstore-service/store/store_observer.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace restante::mailstore {

struct RocksdbStoreOptions {
  std::string directory;
  size_t block_cache_octets = size_t{64} << 20;
  int64_t max_message_octets = int64_t{100} << 20;
  // The files' layer; null for the system's. Tests put faults there. Outlives the store.
  rocksdb::Env* env = nullptr;
  KeepingTimes kept = {};
  MailboxDefaults defaults = {};
  // Room on the disk that deliveries leave free.
  int64_t reserved_octets = 0;
};

// A Mailstore on disk, in the format of schema.md.
class RocksdbStore : public Mailstore {
 public:
  // Adds a copy of the store to the backups in `directory`, as backup.h has them.
  virtual absl::StatusOr<BackupInfo> Backup(const std::string& directory,
                                            const std::function<bool(int64_t octets)>& go_on) = 0;
};

// `clock`, `random` and `observer`, which may be null, must outlive it. Errors as Database::Open
// has them.
absl::StatusOr<std::unique_ptr<RocksdbStore>> OpenRocksdbStore(const RocksdbStoreOptions& options,
                                                               const Clock& clock, Random& random,
                                                               StoreObserver* observer = nullptr);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_ROCKSDB_STORE_H_
