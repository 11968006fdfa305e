#include "common/audit/trail.h"

#include <algorithm>

#include "common/base/status_macros.h"

namespace restante::audit {

absl::StatusOr<std::vector<Entry>> EntriesInMemory::Read(uint64_t before, size_t limit) const {
  std::vector<Entry> entries;
  for (auto it = entries_.rbegin(); it != entries_.rend() && entries.size() < limit; ++it) {
    if (it->number < before) entries.push_back(*it);
  }
  return entries;
}

absl::Status EntriesInMemory::Drop(uint64_t number) {
  std::erase_if(entries_, [number](const Entry& entry) { return entry.number < number; });
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Trail::FirstNumberAt(absl::Time time) const {
  uint64_t low = numbers_.first;
  uint64_t high = numbers_.next;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, storage_.Read(middle + 1, 1));
    // A clock that was set back is no reason to keep an entry forever, nor to drop a later one.
    if (!entries.empty() && entries.front().time >= time) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

absl::StatusOr<size_t> Trail::Trim(absl::Time oldest) {
  RESTANTE_ASSIGN_OR_RETURN(uint64_t first, FirstNumberAt(oldest));
  if (numbers_.next > kMaxEntries) first = std::max(first, numbers_.next - kMaxEntries);
  first = std::min(first, std::max(numbers_.first, numbers_.next - 1));
  const uint64_t dropped = first - numbers_.first;
  if (dropped == 0) return 0;
  RESTANTE_RETURN_IF_ERROR(storage_.Drop(first));
  numbers_.first = first;
  return dropped;
}

}  // namespace restante::audit
