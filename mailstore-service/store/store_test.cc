#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "mailstore-service/store/lease_table.h"
#include "mailstore-service/store/message_id.h"
#include "mailstore-service/store/message_part.h"
#include "tests/support/fake_clock.h"

namespace restante::mailstore {
namespace {

TEST(BootNumber, GrowsWhateverTheClockSays) {
  EXPECT_EQ(NextBootNumber(0, absl::FromUnixSeconds(1000)), 1000u);
  EXPECT_EQ(NextBootNumber(1000, absl::FromUnixSeconds(1000)), 1001u);
  EXPECT_EQ(NextBootNumber(5000, absl::FromUnixSeconds(10)), 5001u);
  EXPECT_EQ(NextBootNumber(5000, absl::FromUnixSeconds(-10)), 5001u);
}

TEST(MessageId, LaterStartsGiveGreaterIds) {
  MessageIdSource first(7);
  MessageIdSource second(8);
  uint64_t a = first.Next();
  uint64_t b = first.Next();
  EXPECT_LT(a, b);
  EXPECT_LT(b, second.Next());
  EXPECT_EQ(UidlFor(0x1234abcd, a), "1234abcd0000000700000001");
}

TEST(Uidl, IsKnownForTheStoresOwn) {
  const uint64_t id = 0x7'0000'000a;
  EXPECT_EQ(UidlPrefixFor(0xabcd), "0000abcd");
  EXPECT_TRUE(IsUidlFor(0x1234abcd, id, "1234abcd000000070000000a"));
  EXPECT_EQ(MessageIdOfUidl(0x1234abcd, "1234abcd000000070000000a"), id);
  for (const char* other :
       {"", "1234abcd", "1234abcd000000070000000b", "1234abcd000000070000000A",
        "1234abce000000070000000a", "1234abcd000000070000000a0", "234abcd000000070000000a"}) {
    EXPECT_FALSE(IsUidlFor(0x1234abcd, id, other)) << other;
    EXPECT_NE(MessageIdOfUidl(0x1234abcd, other), id) << other;
  }
}

class LeaseTableTest : public testing::Test {
 protected:
  const absl::Duration ttl_ = absl::Seconds(30);
  FakeClock clock_;
  LeaseTable table_{1, ttl_, clock_};
  const SessionInfo one_ = {"session-1", "192.0.2.1", "fe-1"};
  const SessionInfo two_ = {"session-2", "192.0.2.2", "fe-2"};
};

TEST_F(LeaseTableTest, OneHolderUntilItFallsSilent) {
  Lease first = *table_.Acquire("m", one_);
  EXPECT_EQ(GetErrorReason(table_.Acquire("m", two_).status()), ErrorReason::kMaildropInUse);
  clock_.Advance(ttl_ - absl::Seconds(1));
  EXPECT_TRUE(table_.Renew(first).ok());
  clock_.Advance(ttl_ - absl::Seconds(1));
  EXPECT_FALSE(table_.Acquire("m", two_).ok());
  clock_.Advance(absl::Seconds(1));
  Lease second = *table_.Acquire("m", two_);
  EXPECT_LT(first.epoch, second.epoch);
  EXPECT_EQ(GetErrorReason(table_.Check(first)), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(table_.Renew(first)), ErrorReason::kLeaseLost);
  table_.Release(first);  // a stale holder cannot free another's lease
  EXPECT_TRUE(table_.Check(second).ok());
}

TEST_F(LeaseTableTest, CalendarJumpsChangeNothing) {
  Lease first = *table_.Acquire("m", one_);
  clock_.JumpWall(absl::Hours(24));
  EXPECT_FALSE(table_.Acquire("m", two_).ok());
  clock_.JumpWall(-absl::Hours(48));
  clock_.Advance(ttl_);
  EXPECT_TRUE(table_.Acquire("m", two_).ok());
}

TEST_F(LeaseTableTest, ASilentHolderThatNobodyReplacedGoesOn) {
  Lease first = *table_.Acquire("m", one_);
  clock_.Advance(10 * ttl_);
  EXPECT_TRUE(table_.Renew(first).ok());
  EXPECT_FALSE(table_.Acquire("m", two_).ok());
}

std::string PartAt(absl::string_view text, const MessageRead& read, size_t split) {
  MessagePart part(read);
  std::string out(part.Take(text.substr(0, split)));
  const bool was_whole = part.IsWhole();
  const absl::string_view rest = part.Take(text.substr(split));
  EXPECT_TRUE(!was_whole || rest.empty());
  absl::StrAppend(&out, rest);
  return out;
}

TEST(MessagePart, SamePartAtEverySplitPoint) {
  constexpr absl::string_view kText = "A: b\r\nC: d\r\n\r\none\r\n\r\nthree\r\nlast";
  const std::pair<int, absl::string_view> rows[] = {
      {0, "A: b\r\nC: d\r\n\r\n"},
      {1, "A: b\r\nC: d\r\n\r\none\r\n"},
      {2, "A: b\r\nC: d\r\n\r\none\r\n\r\n"},
      {4, kText},
      {100, kText},
  };
  for (size_t split = 0; split <= kText.size(); ++split) {
    for (const auto& [lines, expected] : rows) {
      EXPECT_EQ(PartAt(kText, {1, 0, lines}, split), expected) << lines << " " << split;
    }
    for (size_t offset = 0; offset <= kText.size() + 2; ++offset) {
      MessageRead read{1, static_cast<int64_t>(offset), std::nullopt};
      EXPECT_EQ(PartAt(kText, read, split), kText.substr(std::min(offset, kText.size())));
    }
    EXPECT_EQ(PartAt(kText, {1, 4, 0}, split), "\r\nC: d\r\n\r\n");
  }
}

TEST(MessagePart, AMessageWithoutABodyIsAllHeader) {
  EXPECT_EQ(PartAt("A: b\r\n", {1, 0, 0}, 3), "A: b\r\n");
  EXPECT_EQ(PartAt("\r\nbody\r\n", {1, 0, 0}, 1), "\r\n");
}

}  // namespace
}  // namespace restante::mailstore
