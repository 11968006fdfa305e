#include "common/net/proxy_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/net/ip_network.h"

namespace restante::net {
namespace {

using testing::HasSubstr;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string Binary(char command, char family, const std::string& rest) {
  return absl::StrCat(
      kSignature, std::string{command, family},
      std::string{static_cast<char>(rest.size() >> 8), static_cast<char>(rest.size() & 0xff)},
      rest);
}

std::string Ipv4Part() {
  return std::string("\xcb\x00\x71\x07\x0a\x00\x00\x01\xdc\x04\x00\x6e", 12);
}

// What the reader makes of a header that comes in two pieces, with the client's own octets behind.
std::string Read(const std::string& header, size_t split) {
  ProxyHeaderReader reader;
  std::string stream = header + "CAPA\r\n";
  size_t position = 0;
  size_t arrived = split;
  while (!reader.done()) {
    absl::StatusOr<size_t> taken =
        reader.Take(absl::string_view(stream).substr(position, arrived - position));
    if (!taken.ok()) return std::string(taken.status().message());
    position += *taken;
    if (!reader.done() && position < arrived) return "left octets of its own";
    arrived = stream.size();
    if (position == arrived && !reader.done()) return "wants more";
  }
  if (stream.substr(position) != "CAPA\r\n") return "took what was not its own";
  if (!reader.client()) return "unknown";
  return absl::StrCat(reader.client()->address, " ", reader.client()->port);
}

struct Case {
  const char* name;
  std::string header;
  std::string expected;
};

class ProxyHeader : public testing::TestWithParam<Case> {};

TEST_P(ProxyHeader, ReadsTheSameAtEverySplit) {
  for (size_t split = 1; split <= GetParam().header.size(); ++split) {
    EXPECT_THAT(Read(GetParam().header, split), HasSubstr(GetParam().expected)) << split;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Version1, ProxyHeader,
    testing::Values(
        Case{"Ipv4", "PROXY TCP4 203.0.113.7 10.0.0.1 56324 110\r\n", "203.0.113.7 56324"},
        Case{"Ipv6", "PROXY TCP6 2001:DB8::7 2001:db8::1 56324 110\r\n", "2001:db8::7 56324"},
        Case{"Unknown", "PROXY UNKNOWN\r\n", "unknown"},
        Case{"UnknownWithRest", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "unknown"},
        Case{"NoneAtAll", "USER jsmith\r\n", "there is none"},
        Case{"BareLineFeed", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", "CRLF"},
        Case{"WrongFamily", "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", "address"},
        Case{"NoAddress", "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", "address"},
        Case{"Scope", "PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n", "address"},
        Case{"PortTooHigh", "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", "port"},
        Case{"PortWithSign", "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", "port"},
        Case{"PortWithZero", "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", "port"},
        Case{"TwoSpaces", "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", "TCP4 or TCP6"},
        Case{"Udp", "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", "TCP4 or TCP6"},
        Case{"TooLong", absl::StrCat("PROXY UNKNOWN ", std::string(100, 'x'), "\r\n"), "too long"}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Version2, ProxyHeader,
    testing::Values(
        Case{"Ipv4", Binary(0x21, 0x11, Ipv4Part()), "203.0.113.7 56324"},
        Case{"Ipv4WithAdditions", Binary(0x21, 0x11, Ipv4Part() + "\x04\x00\x01x"),
             "203.0.113.7 56324"},
        Case{"Ipv6",
             Binary(0x21, 0x21,
                    std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x07" +
                        std::string(16, '\1') + std::string("\x00\x6e\x00\x6e", 4)),
             "2001:db8::7 110"},
        Case{"MappedIpv4",
             Binary(0x21, 0x21,
                    std::string(10, '\0') + "\xff\xff" + std::string("\x01\x02\x03\x04") +
                        std::string(16, '\1') + std::string("\x00\x6e\x00\x6e", 4)),
             "1.2.3.4 110"},
        Case{"Local", Binary(0x20, 0x00, ""), "unknown"},
        Case{"LocalWithAddress", Binary(0x20, 0x11, Ipv4Part()), "unknown"},
        Case{"Unspecified", Binary(0x21, 0x00, "abc"), "unknown"},
        Case{"Udp", Binary(0x21, 0x12, Ipv4Part()), "not of a TCP"},
        Case{"Unix", Binary(0x21, 0x31, std::string(216, 'x')), "not of a TCP"},
        Case{"Version3", Binary(0x31, 0x11, Ipv4Part()), "not version 2"},
        Case{"UnknownCommand", Binary(0x22, 0x11, Ipv4Part()), "not version 2"},
        Case{"AddressesCut", Binary(0x21, 0x11, "\x01\x02\x03"), "cut short"},
        Case{"PortsCut", Binary(0x21, 0x11, Ipv4Part().substr(0, 9)), "cut short"},
        Case{"WrongSignature", "\r\n\r\n\r\n\r\nQUIT\n\x21\x11", "there is none"}),
    [](const auto& one) { return one.param.name; });

TEST(ProxyHeaderTest, LongHeaderIsRefusedBeforeItIsRead) {
  std::string begin = absl::StrCat(kSignature, std::string("\x21\x11\xff\xff", 4), "x");
  ProxyHeaderReader reader;
  EXPECT_THAT(reader.Take(begin).status().message(), HasSubstr("too long"));
}

TEST(IpNetworkTest, Contains) {
  IpNetwork ten = *IpNetwork::Parse("10.1.0.0/16");
  EXPECT_TRUE(ten.Contains("10.1.255.255"));
  EXPECT_FALSE(ten.Contains("10.2.0.0"));
  EXPECT_FALSE(ten.Contains("::1"));
  EXPECT_FALSE(ten.Contains("jsmith"));
  IpNetwork documentation = *IpNetwork::Parse("2001:db8::/33");
  EXPECT_TRUE(documentation.Contains("2001:db8:7fff::1"));
  EXPECT_FALSE(documentation.Contains("2001:db8:8000::1"));
  EXPECT_TRUE(IpNetwork::Parse("0.0.0.0/0")->Contains("255.1.2.3"));
  EXPECT_FALSE(IpNetwork::Parse("0.0.0.0/0")->Contains("2001:db8::1"));
  EXPECT_TRUE(IpNetwork::Parse("192.0.2.1")->Contains("192.0.2.1"));
  EXPECT_FALSE(IpNetwork::Parse("192.0.2.1")->Contains("192.0.2.2"));
}

TEST(IpNetworkTest, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8",
                           "2001:db8::/129", "host", "10.0.0.1/8", "10.0.0"}) {
    EXPECT_FALSE(IpNetwork::Parse(text).ok()) << text;
  }
}

TEST(IpNetworkTest, SourceOfAnIpv6HostIsItsNetwork) {
  EXPECT_EQ(SourceNetwork("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(SourceNetwork("192.0.2.7"), "192.0.2.7");
}

}  // namespace
}  // namespace restante::net
