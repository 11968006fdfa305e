#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/load/checked_message.h"
#include "tests/bench/load/latency_histogram.h"

namespace restante::load {
namespace {

using std::chrono::microseconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

TEST(CheckedMessage, HasExactlyTheSizeAskedFor) {
  for (size_t octets = kLeastMessageOctets; octets < kLeastMessageOctets + 200; ++octets) {
    std::string message = MakeCheckedMessage(octets, octets);
    EXPECT_EQ(message.size(), octets);
    EXPECT_TRUE(IsIntact(message));
    EXPECT_EQ(message.substr(octets - 2), "\r\n");
  }
}

TEST(CheckedMessage, AnyOtherBodyIsNoticed) {
  std::string message = MakeCheckedMessage(7, 4096);
  EXPECT_NE(message, MakeCheckedMessage(8, 4096));
  EXPECT_TRUE(IsIntact(absl::StrCat("Return-Path: <a@b>\r\n", message)));
  EXPECT_FALSE(IsIntact(message.substr(0, message.size() - 2)));
  EXPECT_FALSE(IsIntact(absl::StrCat(message, "x")));
  for (size_t i = message.find("\r\n\r\n") + 4; i < message.size(); ++i) {
    std::string other = message;
    other[i] ^= 1;
    EXPECT_FALSE(IsIntact(other)) << i;
  }
}

TEST(CheckedMessage, HasLinesThatBeginWithADot) {
  EXPECT_NE(MakeCheckedMessage(1, 4096).find("\r\n."), std::string::npos);
}

TEST(LatencyHistogram, PercentilesAreCloseWhateverTheirSize) {
  for (int64_t unit : {1, 1'000, 1'000'000}) {
    LatencyHistogram histogram;
    for (int64_t i = 1; i <= 1000; ++i) histogram.Record(microseconds(i * unit));
    double scale = static_cast<double>(unit);
    EXPECT_THAT(histogram.PercentileMicroseconds(0.5), AllOf(Ge(500 * scale), Le(520 * scale)));
    EXPECT_THAT(histogram.PercentileMicroseconds(0.99), AllOf(Ge(990 * scale), Le(1000 * scale)));
    EXPECT_EQ(histogram.MaxMicroseconds(), 1000 * scale);
  }
}

TEST(LatencyHistogram, AddsUp) {
  LatencyHistogram one, other;
  EXPECT_EQ(one.PercentileMicroseconds(0.5), 0);
  one.Record(microseconds(10));
  other.Record(microseconds(1000));
  one.Add(other);
  EXPECT_EQ(one.count(), 2U);
  EXPECT_EQ(one.MaxMicroseconds(), 1000);
  EXPECT_THAT(one.PercentileMicroseconds(0.5), AllOf(Ge(10), Le(11)));
}

}  // namespace
}  // namespace restante::load
