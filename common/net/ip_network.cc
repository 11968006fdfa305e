#include "common/net/ip_network.h"

#include <asio/ip/address.hpp>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/escape.h"

namespace restante::net {
namespace {

constexpr int kIpv4Offset = 96;
constexpr int kBits = 128;

std::optional<asio::ip::address> ParseAddress(const std::string& text) {
  std::error_code error;
  asio::ip::address address = asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  return address;
}

std::array<uint8_t, 16> ToOctets(const asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

// The address with the bits behind the prefix cleared.
std::array<uint8_t, 16> FirstOf(std::array<uint8_t, 16> octets, int prefix) {
  for (int bit = prefix; bit < kBits; ++bit) {
    auto mask = static_cast<uint8_t>(~(0x80U >> (bit % 8)));
    octets[static_cast<size_t>(bit / 8)] &= mask;
  }
  return octets;
}

}  // namespace

absl::StatusOr<IpNetwork> IpNetwork::Parse(const std::string& text) {
  absl::Status invalid = absl::InvalidArgumentError(
      absl::StrCat(EscapeForLog(text), " is no network such as 192.0.2.0/24 or 2001:db8::/32"));
  size_t slash = text.find('/');
  std::optional<asio::ip::address> address = ParseAddress(text.substr(0, slash));
  if (!address) return invalid;
  int offset = address->is_v4() ? kIpv4Offset : 0;
  int prefix = kBits - offset;
  if (slash != std::string::npos) {
    std::string digits = text.substr(slash + 1);
    int longest = prefix;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos ||
        !absl::SimpleAtoi(digits, &prefix) || prefix > longest) {
      return invalid;
    }
  }
  Octets octets = ToOctets(*address);
  if (FirstOf(octets, offset + prefix) != octets) {
    return absl::InvalidArgumentError(
        absl::StrCat(EscapeForLog(text), " has bits set behind its prefix"));
  }
  return IpNetwork(octets, offset + prefix);
}

bool IpNetwork::Contains(const std::string& address) const {
  std::optional<asio::ip::address> parsed = ParseAddress(address);
  return parsed && FirstOf(ToOctets(*parsed), prefix_) == first_;
}

std::string SourceNetwork(const std::string& address) {
  constexpr int kHostPrefix = 64;
  std::optional<asio::ip::address> parsed = ParseAddress(address);
  if (!parsed || parsed->is_v4()) return address;
  return asio::ip::address_v6(FirstOf(parsed->to_v6().to_bytes(), kHostPrefix)).to_string();
}

}  // namespace restante::net
