#include "mailstore-service/store/rocksdb/tuning.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/table.h>

#include <memory>
#include <optional>

#include "mailstore-service/store/rocksdb/codec.h"

namespace restante::mailstore {
namespace {

absl::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Sums: deliveries to one mailbox need no lock for its usage.
class AddUsage : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* sum, rocksdb::Logger*) const override {
    std::optional<codec::Usage> added = codec::DecodeUsage(View(value));
    std::optional<codec::Usage> base = codec::Usage();
    if (existing != nullptr) base = codec::DecodeUsage(View(*existing));
    if (!added || !base) return false;
    *sum = codec::EncodeUsage({base->count + added->count, base->octets + added->octets});
    return true;
  }
  const char* Name() const override { return "restante.AddUsage"; }
};

// By itself the library goes on some seconds after there is room again, and refuses Resume until
// then. Database::Write asks at each write instead, so that the first one that fits is taken.
class NoRecoveryByItself : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::DBOptions DatabaseOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A record that was never acknowledged may be torn at the log's end; anything else stops the
  // open.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // A log file that went missing is noticed and not taken for an empty one.
  options.track_and_verify_wals_in_manifest = true;
  options.paranoid_checks = true;
  // Bounds the logs, and with them the time of a restart.
  options.max_total_wal_size = size_t{256} << 20;
  options.max_background_jobs = 2;
  // Files go to the disk while they are written. All at once at their end, they would keep the disk
  // from the logs' syncs, which deliveries wait for.
  options.bytes_per_sync = size_t{1} << 20;
  options.listeners.push_back(std::make_shared<NoRecoveryByItself>());
  // The information log of the library: enough to look back a few days.
  options.max_log_file_size = size_t{10} << 20;
  options.keep_log_file_num = 5;
  return options;
}

rocksdb::ColumnFamilyOptions SmallRecordOptions(size_t block_cache_octets) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(block_cache_octets);
  // Lookups of deliveries and outcomes mostly find nothing.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = size_t{16} << 20;
  return options;
}

rocksdb::ColumnFamilyOptions BodyOptions(size_t block_cache_octets) {
  rocksdb::ColumnFamilyOptions options = SmallRecordOptions(block_cache_octets);
  // Two of them are in memory while mail comes quickly. Smaller ones would make more files.
  options.write_buffer_size = size_t{16} << 20;
  // Room for a piece of a large message, so that every block is one that the allocator takes from
  // the system and gives back (KeepFreedMemoryLow).
  options.arena_block_size = size_t{2} << 20;
  // Compaction then moves references, not mail.
  options.enable_blob_files = true;
  options.min_blob_size = 4096;
  options.blob_file_size = size_t{128} << 20;
  // Deleted mail gives its room back.
  options.enable_blob_garbage_collection = true;
  options.blob_garbage_collection_age_cutoff = 0.5;
  return options;
}

rocksdb::ColumnFamilyOptions UsageOptions(size_t block_cache_octets) {
  rocksdb::ColumnFamilyOptions options = SmallRecordOptions(block_cache_octets);
  options.merge_operator = std::make_shared<AddUsage>();
  // Else the usage of a mailbox that gets much mail is the sum of thousands until they go to a
  // file.
  options.max_successive_merges = 64;
  return options;
}

}  // namespace restante::mailstore
