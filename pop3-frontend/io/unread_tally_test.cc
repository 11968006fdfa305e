#include "pop3-frontend/io/unread_tally.h"

#include <gtest/gtest.h>

namespace restante::pop3 {
namespace {

TEST(UnreadTally, ClientsOfOneSourceShareANumber) {
  UnreadTally tally;
  auto one = tally.Of("203.0.113.7");
  auto same = tally.Of("203.0.113.7");
  auto other = tally.Of("203.0.113.8");
  *one += 5;
  EXPECT_EQ(*same, 5);
  EXPECT_EQ(*other, 0);
}

TEST(UnreadTally, ForgetsASourceWithItsLastClient) {
  UnreadTally tally;
  auto one = tally.Of("a");
  *one += 5;
  auto second = tally.Of("a");
  one.reset();
  EXPECT_EQ(*tally.Of("a"), 5);
  second.reset();
  EXPECT_EQ(*tally.Of("a"), 0);
}

}  // namespace
}  // namespace restante::pop3
