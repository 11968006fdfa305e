#include "mailstore-service/lmtp/backend/delivery_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace restante::lmtp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DeliveryTurnsTest : public testing::Test {
 protected:
  using Turn = DeliveryTurns::Turn;

  std::unique_ptr<Turn> Take(const std::string& mailbox, const std::string& name) {
    return std::make_unique<Turn>(&turns_, mailbox, [this, name](absl::Duration pause) {
      came_.push_back(name);
      pause_ = pause;
    });
  }
  std::string Waiting(int count) { return "restante_test_waiting " + std::to_string(count) + "\n"; }

  metrics::Registry registry_;
  FakeClock clock_;
  DeliveryTurns turns_{2, registry_.Gauges("restante_test_waiting", "").With(), clock_};
  std::vector<std::string> came_;
  absl::Duration pause_;  // of the last that came
};

// Two of a mailbox are under way and two wait.
class FullMailboxTest : public DeliveryTurnsTest {
 protected:
  std::unique_ptr<Turn> first_ = Take("a", "first");
  std::unique_ptr<Turn> second_ = Take("a", "second");
  std::unique_ptr<Turn> third_ = Take("a", "third");
  std::unique_ptr<Turn> fourth_ = Take("a", "fourth");
};

TEST_F(FullMailboxTest, TheThirdOfAMailboxWaitsAndTheOthersDoNot) {
  auto other = Take("b", "other");
  EXPECT_TRUE(first_->came_at_once() && second_->came_at_once() && other->came_at_once());
  EXPECT_FALSE(third_->came_at_once() || fourth_->came_at_once());
  EXPECT_THAT(registry_.Render(), HasSubstr(Waiting(2)));
  other.reset();
  EXPECT_THAT(came_, ElementsAre());
  second_.reset();
  EXPECT_THAT(came_, ElementsAre("third"));
  first_.reset();
  EXPECT_THAT(came_, ElementsAre("third", "fourth"));
  EXPECT_THAT(registry_.Render(), HasSubstr(Waiting(0)));
}

TEST_F(FullMailboxTest, WhoGivesUpWaitingTakesNoTurn) {
  third_.reset();
  EXPECT_THAT(registry_.Render(), HasSubstr(Waiting(1)));
  first_.reset();
  EXPECT_THAT(came_, ElementsAre("fourth"));
  EXPECT_FALSE(Take("a", "fifth")->came_at_once());
  second_.reset();
  EXPECT_TRUE(Take("a", "sixth")->came_at_once());
  fourth_.reset();
  EXPECT_THAT(came_, ElementsAre("fourth"));
}

TEST_F(FullMailboxTest, PausesForAsLongAsTheLastDeliveryTook) {
  auto fifth = Take("a", "fifth");
  clock_.Advance(absl::Milliseconds(3));
  first_.reset();
  EXPECT_EQ(pause_, absl::Milliseconds(3));
  // The third's own pause is none of the time that it took.
  clock_.Advance(absl::Milliseconds(3 + 2));
  third_.reset();
  EXPECT_EQ(pause_, absl::Milliseconds(2));
  clock_.Advance(absl::Seconds(5));
  second_.reset();
  EXPECT_EQ(pause_, DeliveryTurns::kLongestPause);
  // Given up in its pause.
  auto sixth = Take("a", "sixth");
  fifth.reset();
  EXPECT_EQ(pause_, absl::ZeroDuration());
  EXPECT_THAT(came_, ElementsAre("third", "fourth", "fifth", "sixth"));
}

TEST_F(DeliveryTurnsTest, NeverMoreThanItsShareWhateverThreadsDo) {
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  const auto deliver = [&] {
    for (int i = 0; i < 200; ++i) {
      std::atomic<bool> came{false};
      Turn turn(&turns_, "a", [&came](absl::Duration) { came = true; });
      while (!turn.came_at_once() && !came) std::this_thread::yield();
      const int now = ++under_way;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      ++done;
      --under_way;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(deliver);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1'600);
  EXPECT_LE(most, 2);
  EXPECT_THAT(registry_.Render(), HasSubstr(Waiting(0)));
}

}  // namespace
}  // namespace restante::lmtp
