#include "mailstore-service/store/rocksdb/disk_space.h"

#include <filesystem>
#include <limits>
#include <system_error>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"

namespace restante::mailstore {
namespace {

constexpr int64_t kManyOctets = int64_t{64} << 20;

}  // namespace

int64_t DiskSpace::FreeOctets() const {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory_, error);
  constexpr auto kMost = static_cast<uintmax_t>(std::numeric_limits<int64_t>::max());
  if (error || space.available > kMost) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(space.available);
}

absl::Status DiskSpace::CheckRoom(int64_t octets) const {
  if (reserved_octets_ == 0 || FreeOctets() - octets >= reserved_octets_) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull,
                   "the store has no room but its reserve");
}

absl::Status DiskSpace::ReclaimIfDue() {
  const int64_t removed = database_.removed_octets();
  const bool is_short = reserved_octets_ > 0 && FreeOctets() < 2 * reserved_octets_;
  if (removed < kManyOctets && !(removed > 0 && is_short)) return absl::OkStatus();
  RESTANTE_RETURN_IF_ERROR(database_.Flush());
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  const rocksdb::Status compacted =
      database_.db().CompactRange(options, database_.bodies(), nullptr, nullptr);
  if (!compacted.ok()) return absl::UnavailableError(compacted.ToString());
  database_.CountRemoved(-removed);
  return absl::OkStatus();
}

}  // namespace restante::mailstore
