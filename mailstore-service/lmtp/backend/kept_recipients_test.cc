#include "mailstore-service/lmtp/backend/kept_recipients.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_clock.h"

namespace restante::lmtp {
namespace {

class KeptRecipientsTest : public testing::Test {
 protected:
  // The mailbox, or "" when auth is to be asked.
  std::string Found(const std::string& address) const {
    const std::optional<RecipientFound> found = kept_.Find(address);
    return found ? found->mailbox_id : "";
  }

  static RecipientFound Mailbox(const std::string& id) { return {id, "mailstore-0"}; }

  FakeClock clock_;
  KeptRecipients kept_{clock_, absl::Seconds(10)};
};

TEST_F(KeptRecipientsTest, FindsUntilTheDirectoryChanges) {
  kept_.SetRevision(7);
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  EXPECT_EQ(Found("a@x"), "mbx-1");
  EXPECT_EQ(Found("b@x"), "");
  kept_.SetRevision(8);
  EXPECT_EQ(Found("a@x"), "");
}

TEST_F(KeptRecipientsTest, KeepsNothingWhileNobodyTellsOfChanges) {
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  EXPECT_EQ(Found("a@x"), "");
  kept_.SetRevision(7);
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  kept_.Forget();
  EXPECT_EQ(Found("a@x"), "");
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  kept_.SetRevision(7);
  EXPECT_EQ(Found("a@x"), "");
}

TEST_F(KeptRecipientsTest, AnAnswerThatAChangeOvertookIsNotKept) {
  kept_.SetRevision(8);
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  EXPECT_EQ(Found("a@x"), "");
}

// The answer came before the word of the change that it knows of.
TEST_F(KeptRecipientsTest, AnAnswerAheadOfTheWatchIsKeptUntilTheNextWord) {
  kept_.SetRevision(7);
  kept_.Keep("a@x", Mailbox("mbx-2"), 8);
  EXPECT_EQ(Found("a@x"), "mbx-2");
  kept_.SetRevision(8);
  EXPECT_EQ(Found("a@x"), "");
}

// A directory that was restored from a backup begins again at an earlier revision.
TEST_F(KeptRecipientsTest, ALesserRevisionForgetsToo) {
  kept_.SetRevision(8);
  kept_.Keep("a@x", Mailbox("mbx-1"), 8);
  kept_.SetRevision(3);
  EXPECT_EQ(Found("a@x"), "");
}

TEST_F(KeptRecipientsTest, NoneIsKeptLongerThanAllowed) {
  kept_.SetRevision(7);
  kept_.Keep("a@x", Mailbox("mbx-1"), 7);
  clock_.Advance(absl::Seconds(9));
  EXPECT_EQ(Found("a@x"), "mbx-1");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Found("a@x"), "");
  kept_.Keep("a@x", Mailbox("mbx-2"), 7);
  EXPECT_EQ(Found("a@x"), "mbx-2");
}

TEST_F(KeptRecipientsTest, HoldsSoManyAtMost) {
  kept_.SetRevision(7);
  size_t found = 0;
  for (size_t i = 0; i <= KeptRecipients::kMaxRecipients; ++i) {
    kept_.Keep(absl::StrCat(i, "@x"), Mailbox("mbx-1"), 7);
  }
  for (size_t i = 0; i <= KeptRecipients::kMaxRecipients; ++i) {
    if (!Found(absl::StrCat(i, "@x")).empty()) ++found;
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace restante::lmtp
