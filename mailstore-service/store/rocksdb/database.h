#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DATABASE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DATABASE_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "mailstore-service/store/rocksdb/parity_keeper.h"
#include "mailstore-service/store/store_observer.h"

namespace restante::mailstore {

inline rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// The open database with its column families, its format checked, and its faults told apart.
// Thread-safe.
class Database {
 public:
  // Of schema.md, in the order of the functions below.
  static std::vector<rocksdb::ColumnFamilyDescriptor> ColumnFamilies(size_t block_cache_octets);

  // Opens or makes the database in `directory`. FAILED_PRECONDITION for one of another format;
  // UNAVAILABLE when another process has it or the disk refuses. Takes a new boot number, durably.
  // `observer`, which may be null, hears of the write that fails; `env` is the files' layer, null
  // for the system's. Both outlive this.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                        size_t block_cache_octets,
                                                        const Clock& clock, Random& random,
                                                        StoreObserver* observer = nullptr,
                                                        rocksdb::Env* env = nullptr);
  ~Database();

  // A write. STORE_FULL, and another try later may work; STORE_FAILED after any other fault, from
  // then on for every write: what the disk kept is not known.
  absl::Status Write(rocksdb::WriteBatch* batch, bool sync);

  // Writes everything that is in memory to files, so that the logs, which have it too, can go.
  absl::Status Flush();

  // nullopt when there is no such key. UNAVAILABLE when it cannot be read.
  absl::StatusOr<std::optional<std::string>> Get(
      rocksdb::ColumnFamilyHandle* family, absl::string_view key,
      const rocksdb::ReadOptions& options = rocksdb::ReadOptions()) const;
  // The library's Get, again when what it met was damaged and could be mended.
  rocksdb::Status Get(const rocksdb::ReadOptions& options, rocksdb::ColumnFamilyHandle* family,
                      absl::string_view key, std::string* value) const;
  // Lets go of the parts of bodies' tables that are in memory, for who read some without the
  // library's checksums and wants them checked now.
  void ForgetCachedBodies() const;
  // Shows the rows from key `from` on and before `end` (empty: to the last), in order, until
  // `visit` says false. Rows that were removed behind `end` cost nothing. Mends what it meets
  // damaged, and goes on there. UNAVAILABLE.
  using Row = absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;
  absl::Status Visit(rocksdb::ColumnFamilyHandle* family, absl::string_view from,
                     absl::string_view end, Row visit,
                     rocksdb::ReadOptions options = rocksdb::ReadOptions()) const;
  // What an iterator's error means: UNAVAILABLE. Mends what it met damaged, so that another try
  // gets by.
  absl::Status CannotRead(const rocksdb::Status& status) const;
  // As ParityKeeper::Mend.
  bool Mend(absl::string_view error) const { return parity_->Mend(error); }

  // Octets of texts that were removed and that nobody has looked after since; below 0 to take them
  // off.
  void CountRemoved(int64_t octets) const { removed_octets_ += octets; }
  int64_t removed_octets() const { return removed_octets_; }

  rocksdb::DB& db() const { return *db_; }
  uint32_t boot_number() const { return boot_number_; }
  uint32_t store_id() const { return store_id_; }

  // Of schema.md. Live as long as this object.
  rocksdb::ColumnFamilyHandle* defaults() const { return families_[0]; }
  rocksdb::ColumnFamilyHandle* mailboxes() const { return families_[1]; }
  rocksdb::ColumnFamilyHandle* index() const { return families_[2]; }
  rocksdb::ColumnFamilyHandle* bodies() const { return families_[3]; }
  rocksdb::ColumnFamilyHandle* deliveries() const { return families_[4]; }
  rocksdb::ColumnFamilyHandle* outcomes() const { return families_[5]; }
  rocksdb::ColumnFamilyHandle* leases() const { return families_[6]; }
  rocksdb::ColumnFamilyHandle* deleted() const { return families_[7]; }
  rocksdb::ColumnFamilyHandle* records() const { return families_[8]; }
  rocksdb::ColumnFamilyHandle* audit() const { return families_[9]; }
  rocksdb::ColumnFamilyHandle* references() const { return families_[10]; }

 private:
  Database() = default;
  absl::Status CheckFormat(Random& random);
  absl::Status TakeBootNumber(const Clock& clock);
  absl::Status RemovePendingBodies();

  StoreObserver* observer_ = nullptr;
  std::unique_ptr<ParityKeeper> parity_;
  std::unique_ptr<rocksdb::DB> db_;  // goes before what follows its files
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  uint32_t boot_number_ = 0;
  uint32_t store_id_ = 0;
  mutable std::atomic<int64_t> removed_octets_ = 0;
  std::atomic<bool> full_ = false;
  std::atomic<bool> failed_ = false;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DATABASE_H_
