#include "auth-service/logon/ip_address.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace restante::logon {
namespace {

constexpr absl::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
constexpr size_t kMaxTextOctets = 45;

// The number that `text` writes in `base` with 1 to `max_digits` digits, at most `max`.
std::optional<uint32_t> ReadNumber(absl::string_view text, size_t max_digits, uint32_t base,
                                   uint32_t max) {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    const char lower = absl::ascii_tolower(c);
    uint32_t digit = base;
    if (absl::ascii_isdigit(c)) digit = static_cast<uint32_t>(c - '0');
    if (lower >= 'a' && lower <= 'f') digit = static_cast<uint32_t>(lower - 'a') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

std::optional<std::string> ParseV4(absl::string_view text) {
  std::string octets;
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    const std::optional<uint32_t> value = ReadNumber(part, 3, 10, 255);
    // A leading zero means octal to some readers: refused.
    if (!value || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    octets.push_back(static_cast<char>(*value));
  }
  if (octets.size() != 4) return std::nullopt;
  return octets;
}

// Colon-separated groups, the last of which may be a dotted quad; empty text is no groups.
std::optional<std::string> ParseGroups(absl::string_view text, bool is_end) {
  std::string octets;
  if (text.empty()) return octets;
  const std::vector<absl::string_view> groups = absl::StrSplit(text, ':');
  for (size_t i = 0; i < groups.size(); ++i) {
    if (is_end && i + 1 == groups.size() && groups[i].find('.') != absl::string_view::npos) {
      const std::optional<std::string> quad = ParseV4(groups[i]);
      if (!quad) return std::nullopt;
      absl::StrAppend(&octets, *quad);
      continue;
    }
    const std::optional<uint32_t> value = ReadNumber(groups[i], 4, 16, 0xffff);
    if (!value) return std::nullopt;
    octets.push_back(static_cast<char>(*value >> 8));
    octets.push_back(static_cast<char>(*value & 0xff));
  }
  return octets;
}

std::optional<std::string> ParseV6(absl::string_view text) {
  const size_t gap = text.find("::");
  if (gap == absl::string_view::npos) return ParseGroups(text, true);
  const std::optional<std::string> head = ParseGroups(text.substr(0, gap), false);
  const std::optional<std::string> tail = ParseGroups(text.substr(gap + 2), true);
  if (!head || !tail || head->size() + tail->size() > 14) return std::nullopt;
  return absl::StrCat(*head, std::string(16 - head->size() - tail->size(), '\0'), *tail);
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  if (text.size() > kMaxTextOctets) return std::nullopt;
  std::optional<std::string> octets;
  if (text.find(':') != absl::string_view::npos) {
    octets = ParseV6(text);
  } else if (const auto v4 = ParseV4(text)) {
    octets = absl::StrCat(kMappedPrefix, *v4);
  }
  IpAddress address;
  if (!octets || octets->size() != address.octets_.size()) return std::nullopt;
  std::copy(octets->begin(), octets->end(), address.octets_.begin());
  return address;
}

bool IpAddress::IsV4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets_.begin());
}

bool IpAddress::IsLoopback() const {
  if (IsV4()) return octets_[12] == 127;
  return Octets() == std::string(15, '\0') + '\1';
}

std::string IpAddress::NetworkOctets() const {
  std::string network = Octets();
  const size_t host_octets = IsV4() ? 1 : 8;
  std::fill(network.end() - static_cast<ptrdiff_t>(host_octets), network.end(), '\0');
  return network;
}

}  // namespace restante::logon
