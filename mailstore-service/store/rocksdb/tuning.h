#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_TUNING_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_TUNING_H_

#include <rocksdb/options.h>

#include <cstddef>

namespace restante::mailstore {

// The options of the database, each with its reason beside it in tuning.cc.
rocksdb::DBOptions DatabaseOptions();
rocksdb::ColumnFamilyOptions SmallRecordOptions(size_t block_cache_octets);
rocksdb::ColumnFamilyOptions BodyOptions(size_t block_cache_octets);
rocksdb::ColumnFamilyOptions UsageOptions(size_t block_cache_octets);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_TUNING_H_
