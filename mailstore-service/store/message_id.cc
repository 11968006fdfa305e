#include "mailstore-service/store/message_id.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace restante::mailstore {

uint32_t NextBootNumber(uint32_t last_boot_number, absl::Time now) {
  auto seconds =
      static_cast<uint32_t>(std::clamp<int64_t>(absl::ToUnixSeconds(now), 0, UINT32_MAX));
  return std::max(last_boot_number + 1, seconds);
}

std::string UidlFor(uint32_t store_id, uint64_t message_id) {
  return absl::StrCat(absl::Hex(store_id, absl::kZeroPad8),
                      absl::Hex(message_id, absl::kZeroPad16));
}

std::optional<uint64_t> MessageIdOfUidl(uint32_t store_id, absl::string_view uidl) {
  constexpr size_t kIdDigits = 16;
  uint64_t id = 0;
  if (uidl.size() < kIdDigits) return std::nullopt;
  if (!absl::SimpleHexAtoi(uidl.substr(uidl.size() - kIdDigits), &id)) return std::nullopt;
  return UidlFor(store_id, id) == uidl ? std::optional(id) : std::nullopt;
}

}  // namespace restante::mailstore
