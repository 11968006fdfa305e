#include "auth-service/logon/throttle.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "auth-service/logon/attempt.h"
#include "auth-service/logon/recent_attempts.h"
#include "common/base/ids.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::logon {
namespace {

IpAddress Ip(absl::string_view text) { return *IpAddress::Parse(text); }

TEST(IpAddress, ReadsBothFamilies) {
  EXPECT_EQ(Ip("192.0.2.1").Octets(),
            std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16));
  EXPECT_EQ(Ip("::ffff:192.0.2.1").Octets(), Ip("192.0.2.1").Octets());
  EXPECT_EQ(Ip("2001:DB8::1").Octets(), Ip("2001:db8:0:0:0:0:0:1").Octets());
  EXPECT_EQ(Ip("::").Octets(), std::string(16, '\0'));
  EXPECT_EQ(Ip("fe80::").Octets(), std::string("\xfe\x80", 2) + std::string(14, '\0'));
  EXPECT_EQ(Ip("1:2:3:4:5:6:7.8.9.10").Octets(), Ip("1:2:3:4:5:6:708:90a").Octets());
}

TEST(IpAddress, RefusesOtherTexts) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "01.2.3.4",
                           "1.2.3.",
                           "a.b.c.d",
                           ":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "::1::",
                           "12345::",
                           "g::",
                           "1.2.3.4::",
                           "::1.2.3",
                           "fe80::1%eth0",
                           "1:2:3:4:5:6:7::8:9",
                           "::1 ",
                           "localhost",
                           "1:2:3:4:5:6:7:8::"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddress, KnowsLoopbackAndNetworks) {
  EXPECT_TRUE(Ip("127.0.0.1").IsLoopback());
  EXPECT_TRUE(Ip("127.9.9.9").IsLoopback());
  EXPECT_TRUE(Ip("::1").IsLoopback());
  EXPECT_TRUE(Ip("::ffff:127.0.0.1").IsLoopback());
  EXPECT_FALSE(Ip("128.0.0.1").IsLoopback());
  EXPECT_FALSE(Ip("::2").IsLoopback());
  EXPECT_FALSE(Ip("::127.0.0.1").IsLoopback());
  EXPECT_EQ(Ip("192.0.2.1").NetworkOctets(), Ip("192.0.2.200").NetworkOctets());
  EXPECT_NE(Ip("192.0.2.1").NetworkOctets(), Ip("192.0.3.1").NetworkOctets());
  EXPECT_EQ(Ip("2001:db8:0:1::1").NetworkOctets(), Ip("2001:db8:0:1:ffff::").NetworkOctets());
  EXPECT_NE(Ip("2001:db8:0:1::1").NetworkOctets(), Ip("2001:db8:0:2::1").NetworkOctets());
}

class ThrottleTest : public testing::Test {
 protected:
  absl::Duration Fail(absl::string_view user, absl::string_view address) {
    return throttle_.OnFailure(user, Ip(address));
  }
  void FailOften(absl::string_view user, absl::string_view address, int times) {
    for (int i = 0; i < times; ++i) Fail(user, address);
  }

  FakeClock clock_;
  Throttle throttle_{clock_};
};

TEST_F(ThrottleTest, DoublesBeyondTheBudgetUpToFifteenSeconds) {
  for (const double seconds : {0.5, 0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0}) {
    EXPECT_EQ(Fail("jsmith", "192.0.2.1"), absl::Seconds(seconds));
  }
}

TEST_F(ThrottleTest, CountsANameInAnyCaseOverItsNetwork) {
  FailOften("jsmith", "192.0.2.1", 3);
  EXPECT_EQ(Fail("JSMITH", "192.0.2.2"), absl::Seconds(1));
}

TEST_F(ThrottleTest, DelaysNobodyElsewhereAndNoOtherName) {
  FailOften("jsmith", "192.0.2.1", 10);
  EXPECT_EQ(Fail("jsmith", "198.51.100.1"), Throttle::kLeastDelay);
  EXPECT_EQ(Fail("alice", "192.0.2.1"), Throttle::kLeastDelay);
}

TEST_F(ThrottleTest, SlowsASourceThatTriesManyNames) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Fail(absl::StrCat("user-", i), "192.0.2.1"), Throttle::kLeastDelay);
  }
  EXPECT_EQ(Fail("user-20", "192.0.2.1"), absl::Seconds(1));
  EXPECT_EQ(Fail("user-21", "192.0.2.1"), absl::Seconds(2));
  EXPECT_EQ(Fail("user-22", "192.0.2.9"), Throttle::kLeastDelay);
}

TEST_F(ThrottleTest, ForgivesOverTime) {
  FailOften("jsmith", "192.0.2.1", 6);
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), absl::Seconds(4));
  clock_.Advance(absl::Seconds(45));
  clock_.Advance(absl::Seconds(45));
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), absl::Seconds(1));
  clock_.Advance(absl::Hours(10));
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), Throttle::kLeastDelay);
  clock_.JumpWall(absl::Hours(-24));
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), Throttle::kLeastDelay);
}

TEST_F(ThrottleTest, ForgivesAtASuccess) {
  FailOften("jsmith", "192.0.2.1", 6);
  throttle_.OnSuccess("jsmith", Ip("192.0.2.1"));
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), Throttle::kLeastDelay);
  throttle_.OnSuccess("nobody", Ip("203.0.113.1"));
}

TEST_F(ThrottleTest, TellsOfASuccessNoSoonerThanOfGuessesUnderWay) {
  FailOften("jsmith", "192.0.2.1", 3);
  // Mistyped, and right the next time.
  EXPECT_EQ(throttle_.OnSuccess("jsmith", Ip("192.0.2.1")), absl::ZeroDuration());
  FailOften("jsmith", "192.0.2.1", 8);
  clock_.Advance(absl::Seconds(5));
  // The owner elsewhere, and others at the same place, do not wait.
  EXPECT_EQ(throttle_.OnSuccess("jsmith", Ip("198.51.100.1")), absl::ZeroDuration());
  EXPECT_EQ(throttle_.OnSuccess("alice", Ip("192.0.2.1")), absl::ZeroDuration());
  EXPECT_EQ(throttle_.OnSuccess("jsmith", Ip("192.0.2.1")), absl::Seconds(10));
  // Nor is the same guess once more.
  EXPECT_EQ(throttle_.Pending("jsmith", Ip("192.0.2.1")), absl::Seconds(10));
  EXPECT_EQ(throttle_.OnSuccess("jsmith", Ip("192.0.2.1")), absl::Seconds(10));
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(throttle_.OnSuccess("jsmith", Ip("192.0.2.1")), absl::ZeroDuration());
  EXPECT_EQ(Fail("jsmith", "192.0.2.1"), Throttle::kLeastDelay);
}

TEST_F(ThrottleTest, TellsASourceThatTriesManyNamesOfNoSuccessSooner) {
  for (int i = 0; i < 22; ++i) Fail(absl::StrCat("user-", i), "192.0.2.1");
  EXPECT_EQ(throttle_.OnSuccess("user-22", Ip("192.0.2.1")), absl::Seconds(2));
  EXPECT_EQ(throttle_.OnSuccess("user-22", Ip("192.0.2.2")), absl::ZeroDuration());
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(throttle_.OnSuccess("user-23", Ip("192.0.2.1")), absl::ZeroDuration());
}

TEST_F(ThrottleTest, StaysBoundedAndForgetsTheOldest) {
  FailOften("first", "192.0.2.1", 5);
  for (size_t i = 0; i < Throttle::kMaxEntries; ++i) Fail(absl::StrCat("u", i), "192.0.2.1");
  EXPECT_EQ(Fail("first", "203.0.113.1"), Throttle::kLeastDelay);
  clock_.Advance(absl::Minutes(20));  // for the source's sake
  EXPECT_EQ(Fail("first", "192.0.2.1"), Throttle::kLeastDelay);
}

TEST(RecentAttempts, FindsByReferenceAsPeopleReadIt) {
  FakeRandom random;
  RecentAttempts attempts;
  Attempt attempt;
  attempt.attempt_id = std::string(10, '0') + std::string(22, 'a');
  attempt.account_id = "jsmith";
  attempts.Add(attempt);
  ASSERT_EQ(AttemptReference(attempt.attempt_id), "0000-0000");
  for (const char* reference : {"0000-0000", "00000000", "oOoO-0000", "0000 0000"}) {
    ASSERT_NE(attempts.Find(reference), nullptr) << reference;
    EXPECT_EQ(attempts.Find(reference)->account_id, "jsmith");
  }
  EXPECT_EQ(attempts.Find("0000-0001"), nullptr);
  EXPECT_EQ(attempts.Find(""), nullptr);
}

TEST(RecentAttempts, KeepsTheLatestAndForgetsTheOldest) {
  FakeRandom random;
  RecentAttempts attempts(2);
  Attempt first;
  first.attempt_id = NewId(random);
  first.account_id = "first";
  Attempt again = first;
  again.account_id = "again";
  Attempt other;
  other.attempt_id = NewId(random);
  attempts.Add(first);
  attempts.Add(again);
  attempts.Add(other);  // `first` goes, and `again` has its reference
  ASSERT_NE(attempts.Find(AttemptReference(first.attempt_id)), nullptr);
  EXPECT_EQ(attempts.Find(AttemptReference(first.attempt_id))->account_id, "again");
  attempts.Add(other);
  EXPECT_EQ(attempts.Find(AttemptReference(first.attempt_id)), nullptr);
}

TEST(RecentAttempts, GivesThoseBehindANumberAndSaysHowManyAreForgotten) {
  FakeRandom random;
  RecentAttempts attempts(3);
  int told = 0;
  const auto subscription = attempts.OnAdd([&] { told += attempts.Count() > 0 ? 1 : 0; });
  EXPECT_EQ(attempts.Count(), 0u);
  EXPECT_TRUE(attempts.After(0, 9).attempts.empty());
  for (int i = 0; i < 5; ++i) {
    Attempt attempt;
    attempt.attempt_id = NewId(random);
    attempts.Add(attempt);
  }
  EXPECT_EQ(told, 5);
  EXPECT_EQ(attempts.Count(), 5u);
  const auto numbers = [&attempts](uint64_t after, size_t limit) {
    std::vector<uint64_t> all;
    for (const auto& [number, attempt] : attempts.After(after, limit).attempts) {
      all.push_back(number);
    }
    return all;
  };
  EXPECT_EQ(numbers(0, 9), (std::vector<uint64_t>{3, 4, 5}));
  EXPECT_EQ(attempts.After(0, 9).missed, 2u);
  EXPECT_EQ(numbers(3, 1), (std::vector<uint64_t>{4}));
  EXPECT_EQ(attempts.After(2, 9).missed, 0u);
  EXPECT_EQ(numbers(5, 9), std::vector<uint64_t>());
}

}  // namespace
}  // namespace restante::logon
