#ifndef RESTANTE_COMMON_AUDIT_ROCKSDB_ENTRY_FAMILY_H_
#define RESTANTE_COMMON_AUDIT_ROCKSDB_ENTRY_FAMILY_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/audit/trail.h"

namespace restante::audit {

// Audit entries in a column family of their owner's database; schema.md says how. Thread-safe.
class EntryFamily : public EntryStorage {
 public:
  // Both outlive this.
  EntryFamily(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family)
      : database_(*database), family_(*family) {}

  // Those of the entries that are there. DATA_LOSS for a damaged key or a family that cannot be
  // read.
  absl::StatusOr<Numbers> ReadNumbers() const;
  void AddPut(const Entry& entry, rocksdb::WriteBatch* batch) const;

  absl::StatusOr<std::vector<Entry>> Read(uint64_t before, size_t limit) const override;
  absl::Status Drop(uint64_t number) override;

 private:
  rocksdb::DB& database_;
  rocksdb::ColumnFamilyHandle& family_;
};

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_ROCKSDB_ENTRY_FAMILY_H_
