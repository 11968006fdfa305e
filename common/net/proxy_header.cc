#include "common/net/proxy_header.h"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"

namespace restante::net {
namespace {

constexpr absl::string_view kTextBegin = "PROXY ";
constexpr size_t kMaxTextOctets = 107;
constexpr absl::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixedOctets = 16;

absl::Status Invalid(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("PROXY header: ", what));
}

// Decimal, as the protocol writes it: no sign, no leading zero.
std::optional<uint16_t> ParsePort(absl::string_view text) {
  constexpr size_t kMaxDigits = 5;
  uint32_t port = 0;
  bool plain = !text.empty() && text.size() <= kMaxDigits &&
               text.find_first_not_of("0123456789") == absl::string_view::npos &&
               (text == "0" || text[0] != '0');
  if (!plain || !absl::SimpleAtoi(text, &port) || port > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(port);
}

// The address in its usual form, when it is one of the family.
std::optional<std::string> ParseAddress(absl::string_view text, bool ipv6) {
  std::error_code error;
  asio::ip::address address = asio::ip::make_address(std::string(text), error);
  if (error || address.is_v6() != ipv6 || absl::StrContains(text, '%')) return std::nullopt;
  return address.to_string();
}

template <typename Address>
std::string ToText(absl::string_view octets) {
  typename Address::bytes_type bytes;
  RESTANTE_CHECK(octets.size() == bytes.size());
  std::copy(octets.begin(), octets.end(), bytes.begin());
  return Address(bytes).to_string();
}

// IPv4 in its own form, so that one client has one name.
std::string Ipv6ToText(absl::string_view octets) {
  constexpr absl::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (absl::StartsWith(octets, kMapped)) {
    return ToText<asio::ip::address_v4>(octets.substr(kMapped.size()));
  }
  return ToText<asio::ip::address_v6>(octets);
}

}  // namespace

absl::StatusOr<size_t> ProxyHeaderReader::Take(absl::string_view octets) {
  RESTANTE_CHECK(!done_);
  if (octets.empty()) return 0;
  char first = header_.empty() ? octets[0] : header_[0];
  return first == kSignature[0] ? TakeBinary(octets) : TakeText(octets);
}

absl::StatusOr<size_t> ProxyHeaderReader::TakeText(absl::string_view octets) {
  size_t end = octets.find('\n');
  size_t taken = end == absl::string_view::npos ? octets.size() : end + 1;
  if (header_.size() + taken > kMaxTextOctets) return Invalid("the line is too long");
  absl::StrAppend(&header_, octets.substr(0, taken));
  size_t known = std::min(header_.size(), kTextBegin.size());
  if (header_.substr(0, known) != kTextBegin.substr(0, known)) return Invalid("there is none");
  if (end == absl::string_view::npos) return taken;
  absl::Status status = ParseText();
  if (!status.ok()) return status;
  done_ = true;
  return taken;
}

absl::Status ProxyHeaderReader::ParseText() {
  absl::string_view line = header_;
  if (!absl::EndsWith(line, "\r\n")) return Invalid("the line does not end with CRLF");
  line.remove_suffix(2);
  std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  // What follows UNKNOWN is for people.
  if (words.size() >= 2 && words[1] == "UNKNOWN") return absl::OkStatus();
  constexpr size_t kWords = 6;
  if (words.size() != kWords || (words[1] != "TCP4" && words[1] != "TCP6")) {
    return Invalid("not TCP4 or TCP6 with two addresses and two ports");
  }
  bool ipv6 = words[1] == "TCP6";
  std::optional<std::string> source = ParseAddress(words[2], ipv6);
  std::optional<uint16_t> port = ParsePort(words[4]);
  if (!source || !ParseAddress(words[3], ipv6)) return Invalid("an address is none");
  if (!port || !ParsePort(words[5])) return Invalid("a port is none");
  client_ = Client{*std::move(source), *port};
  return absl::OkStatus();
}

absl::StatusOr<size_t> ProxyHeaderReader::TakeBinary(absl::string_view octets) {
  size_t taken = 0;
  while (!done_ && taken < octets.size()) {
    size_t wanted = kFixedOctets;
    if (header_.size() >= kFixedOctets) {
      wanted += *ByteReader(absl::string_view(header_).substr(kFixedOctets - 2)).ReadU16Be();
      if (wanted > kMaxOctets) return Invalid("it is too long");
    }
    size_t count = std::min(wanted - header_.size(), octets.size() - taken);
    absl::StrAppend(&header_, octets.substr(taken, count));
    taken += count;
    size_t known = std::min(header_.size(), kSignature.size());
    if (header_.substr(0, known) != kSignature.substr(0, known)) return Invalid("there is none");
    if (header_.size() < kFixedOctets) continue;
    size_t length = *ByteReader(absl::string_view(header_).substr(kFixedOctets - 2)).ReadU16Be();
    if (header_.size() < kFixedOctets + length) continue;
    absl::Status status = ParseBinary();
    if (!status.ok()) return status;
    done_ = true;
  }
  return taken;
}

absl::Status ProxyHeaderReader::ParseBinary() {
  enum : uint8_t { kLocal = 0x20, kProxy = 0x21, kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21 };
  constexpr size_t kIpv4Octets = 4;
  constexpr size_t kIpv6Octets = 16;
  ByteReader reader(absl::string_view(header_).substr(kSignature.size()));
  uint8_t command = *reader.ReadU8();
  uint8_t family = *reader.ReadU8();
  RESTANTE_CHECK(reader.Skip(2));  // the length, which was used
  if (command == kLocal) return absl::OkStatus();
  if (command != kProxy) return Invalid("not version 2 with LOCAL or PROXY");
  if (family == kUnspecified) return absl::OkStatus();
  if (family != kTcp4 && family != kTcp6) return Invalid("not of a TCP connection");
  size_t size = family == kTcp4 ? kIpv4Octets : kIpv6Octets;
  std::optional<absl::string_view> source = reader.ReadBytes(size);
  if (!source || !reader.Skip(size)) return Invalid("the addresses are cut short");
  std::optional<uint16_t> port = reader.ReadU16Be();
  if (!port || !reader.Skip(2)) return Invalid("the ports are cut short");
  client_ =
      Client{family == kTcp4 ? ToText<asio::ip::address_v4>(*source) : Ipv6ToText(*source), *port};
  return absl::OkStatus();
}

}  // namespace restante::net
