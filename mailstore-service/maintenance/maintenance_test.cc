#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "mailstore-service/maintenance/mailbox_walk.h"
#include "mailstore-service/maintenance/retention.h"
#include "mailstore-service/maintenance/verification.h"
#include "mailstore-service/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace restante::mailstore {
namespace {

class Maintenance : public testing::Test {
 protected:
  void Deliver(const std::string& mailbox, int copies) {
    const std::string text = "text\r\n";
    for (int i = 0; i < copies; ++i) {
      auto writer = store_->BeginDelivery({mailbox});
      ASSERT_TRUE(writer.ok() && (*writer)->Append(text).ok());
      const auto results = (*writer)->Finish(6, ExtendCrc32c(0, text), {});
      ASSERT_TRUE(results.ok() && results->at(0).status.ok());
    }
  }
  int64_t CountIn(const std::string& mailbox) { return store_->GetMailbox(mailbox)->message_count; }

  FakeClock clock_;
  std::unique_ptr<Mailstore> store_ = NewMemoryStore(clock_, 100);
};

bool GoOn(const RetentionTotals&) { return true; }

TEST_F(Maintenance, EveryMailboxIsVisitedOnceOverAllPages) {
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(store_->CreateMailbox(absl::StrCat("m", i), {}, {}).ok());
  }
  ASSERT_TRUE(store_->DeleteMailbox("m7", {}).ok());
  EXPECT_EQ(CountMailboxes(*store_, "", true)->mailboxes, 250);
  EXPECT_EQ(CountMailboxes(*store_, "", false)->mailboxes, 249);
  EXPECT_EQ(CountMailboxes(*store_, "m3", false)->mailboxes, 1);
  EXPECT_EQ(GetErrorReason(CountMailboxes(*store_, "none", false).status()),
            ErrorReason::kMailboxNotFound);
}

TEST_F(Maintenance, RetentionLeavesAloneWhatIsInUseOrKeptForEver) {
  const MailboxSettings a_day{{}, {.after_delivery = absl::Hours(24)}};
  for (const char* mailbox : {"a", "held"}) {
    ASSERT_TRUE(store_->CreateMailbox(mailbox, a_day, {}).ok());
    Deliver(mailbox, 2);
  }
  Deliver("for-ever", 1);
  clock_.Advance(absl::Hours(48));
  ASSERT_TRUE(store_->Open("held", {"s", "", "f"}).ok());

  RetentionTotals totals = *ApplyRetention(*store_, {"", true, {"", "ApplyRetention"}}, GoOn);
  EXPECT_EQ(totals.expired, (MessageTotals{4, 24}));
  EXPECT_EQ(CountIn("a"), 2);
  totals = *ApplyRetention(*store_, {"", false, {"me", "ApplyRetention"}}, GoOn);
  EXPECT_EQ(totals.mailboxes, 3);
  EXPECT_EQ(totals.in_use, 1);
  EXPECT_EQ(totals.expired, (MessageTotals{2, 12}));
  EXPECT_EQ(CountIn("a"), 0);
  EXPECT_EQ(CountIn("held"), 2);
  EXPECT_EQ(CountIn("for-ever"), 1);
  EXPECT_EQ(store_->ListDeletedMessages("a", 0, 9)->at(0).deletion.caller, "me");
}

TEST_F(Maintenance, RetentionStopsWhenItIsAsked) {
  ASSERT_TRUE(store_->CreateMailbox("a", {{}, {.after_delivery = absl::Hours(24)}}, {}).ok());
  Deliver("a", 1'001);
  clock_.Advance(absl::Hours(48));
  const auto stop = [](const RetentionTotals&) { return false; };
  EXPECT_TRUE(absl::IsCancelled(
      ApplyRetention(*store_, {"", false, {"", "ApplyRetention"}}, stop).status()));
  EXPECT_EQ(CountIn("a"), 1);
}

TEST_F(Maintenance, RetentionIsAppliedByItself) {
  ASSERT_TRUE(store_->CreateMailbox("a", {{}, {.after_delivery = absl::Hours(24)}}, {}).ok());
  Deliver("a", 3);
  clock_.Advance(absl::Hours(48));
  metrics::Registry registry;
  std::promise<void> applied;
  bool told = false;
  log::Logger logger("test", log::Level::kInfo, clock_, [&](absl::string_view line) {
    if (!told && line.find("retention_applied") != absl::string_view::npos) applied.set_value();
    told = true;
  });
  {
    RetentionRounds rounds(absl::Milliseconds(1), *store_, registry, logger);
    applied.get_future().wait();
  }
  EXPECT_EQ(CountIn("a"), 0);
  EXPECT_NE(registry.Render().find("restante_mailstore_retention_deleted_messages_total 3"),
            std::string::npos);
}

TEST_F(Maintenance, VerificationLooksAtDeletedMailboxesToo) {
  Deliver("a", 150);
  Deliver("b", 1);
  ASSERT_TRUE(store_->DeleteMailbox("b", {}).ok());
  int asked = 0;
  const VerificationTotals totals = *VerifyMailboxes(*store_, "", [&](const auto&) {
    ++asked;
    return true;
  });
  EXPECT_EQ(totals.mailboxes, 2);
  EXPECT_EQ(totals.seen, (MessageTotals{151, 906}));
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(
      absl::IsCancelled(VerifyMailboxes(*store_, "", [](const auto&) { return false; }).status()));
}

}  // namespace
}  // namespace restante::mailstore
