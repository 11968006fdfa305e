#include "common/base/escape.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace restante {

std::string EscapeForLog(absl::string_view text, size_t max_octets) {
  std::string escaped;
  for (char c : text.substr(0, max_octets)) {
    bool plain = c >= 0x20 && c < 0x7f && c != '"';
    if (plain) {
      escaped.push_back(c);
      continue;
    }
    absl::StrAppend(&escaped, "\\x", absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
  }
  if (text.size() > max_octets) escaped += "...";
  return escaped;
}

}  // namespace restante
