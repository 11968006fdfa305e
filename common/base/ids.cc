#include "common/base/ids.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "common/base/check.h"

namespace restante {
namespace {

constexpr size_t kIdBytes = 16;
constexpr absl::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string NewId(Random& random) { return absl::BytesToHexString(random.Bytes(kIdBytes)); }

bool IsId(absl::string_view text) {
  return text.size() == 2 * kIdBytes && std::all_of(text.begin(), text.end(), IsLowerHex);
}

std::string AttemptReference(absl::string_view attempt_id) {
  RESTANTE_CHECK(IsId(attempt_id));
  uint64_t bits = 0;
  for (char byte : absl::HexStringToBytes(attempt_id.substr(0, 10))) {
    bits = (bits << 8) | static_cast<uint8_t>(byte);
  }
  std::string reference;
  for (int shift = 35; shift >= 0; shift -= 5) {
    reference.push_back(kCrockford[(bits >> shift) & 31]);
    if (shift == 20) reference.push_back('-');
  }
  return reference;
}

}  // namespace restante
