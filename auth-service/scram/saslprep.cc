#include "auth-service/scram/saslprep.h"

#include <stringprep.h>

#include <algorithm>
#include <string>

#include "common/base/unicode.h"

namespace restante::scram {
namespace {

constexpr size_t kMaxOctets = 1024;
// Normalisation makes one character of three octets eighteen letters at most (U+FDFA).
constexpr size_t kMostGrowth = 12;

bool IsPrintableAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::optional<Secret> SaslPrep(absl::string_view password) {
  if (password.empty() || password.size() > kMaxOctets) return std::nullopt;
  // Nothing would change, and the library keeps copies that it does not wipe.
  if (IsPrintableAscii(password)) return Secret::CopyOf(password);
  if (!IsValidUtf8(password) || password.find('\0') != absl::string_view::npos) {
    return std::nullopt;
  }
  std::string text;
  text.reserve(password.size() * kMostGrowth + 1);  // no copy is left behind by growing
  text.assign(password.data(), password.size());
  text.resize(text.capacity(), '\0');
  const int result =
      stringprep(text.data(), text.size(), Stringprep_profile_flags{}, stringprep_saslprep);
  const size_t size = std::min(text.find('\0'), text.size());
  std::optional<Secret> prepared;
  if (result == STRINGPREP_OK && size > 0) {
    prepared = Secret::CopyOf(absl::string_view(text).substr(0, size));
  }
  Wipe(&text);
  return prepared;
}

}  // namespace restante::scram
