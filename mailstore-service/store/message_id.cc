#include "mailstore-service/store/message_id.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace restante::mailstore {
namespace {

constexpr size_t kStoreDigits = 8;
constexpr size_t kMessageDigits = 16;

// Whether `digits` are the last ones of `value`. Asked for each message of a mailbox: makes no text
// to compare with.
bool AreDigitsOf(uint64_t value, absl::string_view digits) {
  for (size_t i = digits.size(); i-- > 0; value >>= 4) {
    if (digits[i] != "0123456789abcdef"[value & 0xf]) return false;
  }
  return true;
}

}  // namespace

uint32_t NextBootNumber(uint32_t last_boot_number, absl::Time now) {
  auto seconds =
      static_cast<uint32_t>(std::clamp<int64_t>(absl::ToUnixSeconds(now), 0, UINT32_MAX));
  return std::max(last_boot_number + 1, seconds);
}

std::string UidlFor(uint32_t store_id, uint64_t message_id) {
  return absl::StrCat(UidlPrefixFor(store_id), absl::Hex(message_id, absl::kZeroPad16));
}

std::string UidlPrefixFor(uint32_t store_id) {
  return absl::StrCat(absl::Hex(store_id, absl::kZeroPad8));
}

bool IsUidlFor(uint32_t store_id, uint64_t message_id, absl::string_view uidl) {
  return uidl.size() == kStoreDigits + kMessageDigits &&
         AreDigitsOf(store_id, uidl.substr(0, kStoreDigits)) &&
         AreDigitsOf(message_id, uidl.substr(kStoreDigits));
}

std::optional<uint64_t> MessageIdOfUidl(uint32_t store_id, absl::string_view uidl) {
  uint64_t id = 0;
  if (uidl.size() < kMessageDigits) return std::nullopt;
  if (!absl::SimpleHexAtoi(uidl.substr(uidl.size() - kMessageDigits), &id)) return std::nullopt;
  return IsUidlFor(store_id, id, uidl) ? std::optional(id) : std::nullopt;
}

}  // namespace restante::mailstore
