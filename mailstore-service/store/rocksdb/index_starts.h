#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INDEX_STARTS_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INDEX_STARTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"

namespace restante::mailstore {

// Where mailboxes' lists begin. Whoever fetches mail and deletes it leaves rows in front that the
// database drops only when it compacts, and passes over one by one until then: without a start, an
// opening would cost what was ever deleted since. Known for those mailboxes alone where it saves
// much; worth nothing and lost with the process. Thread-safe.
//
// To learn a start: take the Era, then the state of the database that is read, then Learn. To use
// one: take the state first, then ask StartOf.
class IndexStarts {
 public:
  // What is not worth being known.
  static constexpr uint64_t kFewRows = 64;
  // Beyond it all are forgotten.
  static constexpr size_t kMostMailboxes = 100'000;

  using Era = uint64_t;
  Era CurrentEra() const;

  // No message of the mailbox has a lower id. 0 when nothing is known.
  uint64_t StartOf(const std::string& mailbox_id) const;

  // Nothing below `start` is in the list, nor will a delivery bring it there. Passed over when
  // messages were brought back since `era` began.
  void Learn(const std::string& mailbox_id, uint64_t start, Era era);

  // Messages of any mailbox are brought back under their old ids while it lives: nothing is known
  // meanwhile, and what was known is forgotten.
  class Restoral {
   public:
    explicit Restoral(IndexStarts* starts);
    ~Restoral();
    Restoral(const Restoral&) = delete;
    Restoral& operator=(const Restoral&) = delete;

   private:
    IndexStarts& starts_;
  };

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> starts_ ABSL_GUARDED_BY(mutex_);
  Era era_ ABSL_GUARDED_BY(mutex_) = 0;
  int restorals_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INDEX_STARTS_H_
