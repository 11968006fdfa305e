#include "common/net/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace restante::net {
namespace {

// A record of `record` octets, whose message has `length`.
std::string Begin(uint8_t type, uint8_t message, uint32_t length) {
  const auto octet = [](uint32_t value) { return static_cast<char>(value & 0xff); };
  return {static_cast<char>(type),
          3,
          1,
          2,
          0,
          static_cast<char>(message),
          octet(length >> 16),
          octet(length >> 8),
          octet(length)};
}

TEST(ClientHello, IsAwaitedToItsEnd) {
  EXPECT_EQ(*ClientHelloOctets(Begin(22, 1, 0)), kClientHelloPrefixOctets);
  EXPECT_EQ(*ClientHelloOctets(Begin(22, 1, 517)), kClientHelloPrefixOctets + 517);
  EXPECT_EQ(*ClientHelloOctets(Begin(22, 1, kMaxClientHelloOctets)),
            kClientHelloPrefixOctets + kMaxClientHelloOctets);
}

TEST(ClientHello, IsNotAwaitedWhenItIsTooLong) {
  for (uint32_t length : {16'385u, 131'396u, 0xff'ffffu}) {
    EXPECT_EQ(ClientHelloOctets(Begin(22, 1, length)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << length;
  }
}

TEST(ClientHello, ItsBeginningComesInPieces) {
  const std::string begin = Begin(22, 1, 600);
  for (size_t size = 0; size < begin.size(); ++size) {
    EXPECT_EQ(*ClientHelloOctets(begin.substr(0, size)), kClientHelloPrefixOctets) << size;
  }
}

TEST(ClientHello, NothingMoreIsAwaitedOfWhatIsNone) {
  EXPECT_EQ(*ClientHelloOctets("U"), 1u);
  EXPECT_EQ(*ClientHelloOctets("USER john"), 9u);
  EXPECT_EQ(*ClientHelloOctets(Begin(23, 1, 600)), 9u);
  EXPECT_EQ(*ClientHelloOctets(Begin(22, 2, 600)), 9u);
  EXPECT_EQ(*ClientHelloOctets("\x16\x02"), 2u);
}

}  // namespace
}  // namespace restante::net
