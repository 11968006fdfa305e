#include "mailstore-service/lmtp/protocol/session.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// What dialogues (tests/dialogues/lmtp) cannot say: split points, sizes, and the contract between
// session and driver.
namespace restante::lmtp {
namespace {

// Answers at once for every service behind the session.
class Driver {
 public:
  explicit Driver(SessionOptions options = {}) : session_(std::move(options)) {
    std::vector<Effect> effects;
    session_.Start(&effects);
    Carry(effects);
  }

  void Client(absl::string_view octets) {
    while (!octets.empty() && session_.WantsOctets()) {
      std::vector<Effect> effects;
      session_.Feed(&octets, &effects);
      Carry(effects);
    }
  }

  void Behind(Event event) {
    std::vector<Effect> effects;
    session_.Handle(std::move(event), &effects);
    Carry(effects);
  }

  const std::string& said() const { return said_; }
  const std::vector<std::string>& stored() const { return stored_; }
  const std::string& text() const { return text_; }
  size_t longest_piece() const { return longest_piece_; }
  int abandoned() const { return abandoned_; }
  bool disconnected() const { return disconnected_; }
  const Session& session() const { return session_; }

  bool answers_delivery = true;

 private:
  void Carry(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      std::visit([this](const auto& one) { On(one); }, effect);
    }
  }
  void On(const Send& send) { said_ += send.text; }
  void On(const ResolveRecipient& resolve) {
    Behind(RecipientFound{absl::StrCat("mbx-", resolve.address), "mailstore-0"});
  }
  void On(const CheckDelivery&) { Behind(DeliveryChecked{DeliveryOutcome::kDelivered}); }
  void On(const BeginDelivery& begin) {
    mailboxes_ = begin.envelope.mailboxes.size();
    text_.clear();
  }
  void On(const WriteText& write) {
    longest_piece_ = std::max(longest_piece_, write.text.size());
    text_ += write.text;
  }
  void On(const FinishDelivery&) {
    stored_.push_back(text_);
    if (!answers_delivery) return;
    Behind(Delivered{std::vector<DeliveryOutcome>(mailboxes_, DeliveryOutcome::kDelivered)});
  }
  void On(const AbandonDelivery&) { ++abandoned_; }
  void On(const Disconnect&) { disconnected_ = true; }

  Session session_;
  std::string said_;
  std::vector<std::string> stored_;
  std::string text_;
  size_t longest_piece_ = 0;
  size_t mailboxes_ = 0;
  int abandoned_ = 0;
  bool disconnected_ = false;
};

constexpr absl::string_view kOpening =
    "LHLO mx.example\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n";

TEST(LmtpSession, SameConversationAtEverySplitPoint) {
  const std::string input =
      absl::StrCat(kOpening, "one\r\n..two\r\n.\r\nRSET\r\nNONSENSE\r\nMAIL FROM:<>\r\n",
                   "RCPT TO:<c@y>\r\nRCPT TO:<d@y>\r\nDATA\r\nthree\nfour\r\n.\r\nQUIT\r\n");
  Driver whole;
  whole.Client(input);
  ASSERT_EQ(whole.stored(), std::vector<std::string>{"one\r\n.two\r\n"});
  ASSERT_TRUE(whole.disconnected());
  for (size_t at = 0; at <= input.size(); ++at) {
    Driver split;
    split.Client(absl::string_view(input).substr(0, at));
    split.Client(absl::string_view(input).substr(at));
    EXPECT_EQ(split.said(), whole.said()) << at;
    EXPECT_EQ(split.stored(), whole.stored()) << at;
  }
}

TEST(LmtpSession, LeavesWhatFollowsUntilTheMessageIsAnswered) {
  Driver driver;
  driver.answers_delivery = false;
  driver.Client(absl::StrCat(kOpening, "one\r\n.\r\nNOOP\r\n"));
  EXPECT_FALSE(driver.session().WantsOctets());
  EXPECT_TRUE(absl::EndsWith(driver.said(), "dot\r\n")) << driver.said();
  driver.Behind(Delivered{{DeliveryOutcome::kDelivered}});
  EXPECT_TRUE(driver.session().WantsOctets());
  EXPECT_TRUE(absl::EndsWith(driver.said(), "250 2.1.5 <b@y> Delivered\r\n"));
}

TEST(LmtpSession, GivesTextOnAsItComes) {
  Driver driver;
  driver.Client(kOpening);
  const std::string piece(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    driver.Client(piece);
    EXPECT_EQ(driver.text().size(), static_cast<size_t>(i + 1) * piece.size());
  }
  EXPECT_EQ(driver.longest_piece(), piece.size());
}

TEST(LmtpSession, SizeCountsWithoutStuffedDotsAndTheEnd) {
  constexpr int64_t kLimit = 10;
  SessionOptions options;
  options.max_message_octets = kLimit;
  for (absl::string_view text : {"12345678\r\n", "..345678\r\n", ".12345678\r\n"}) {
    Driver driver(options);
    driver.Client(absl::StrCat(kOpening, text, ".\r\n"));
    size_t size = text.size() - (text[0] == '.' ? 1 : 0);
    ASSERT_LE(size, static_cast<size_t>(kLimit));
    EXPECT_EQ(driver.stored().size(), 1u) << text;
  }
  Driver driver(options);
  driver.Client(absl::StrCat(kOpening, "123456789\r\n.\r\nNOOP\r\n"));
  EXPECT_EQ(driver.stored().size(), 0u);
  EXPECT_EQ(driver.abandoned(), 1);
  EXPECT_TRUE(absl::EndsWith(driver.said(), "552 5.3.4 Message too large\r\n250 2.0.0 OK\r\n"));
}

TEST(LmtpSession, EndWithinAMessageAbandonsIt) {
  for (const Event& event : std::vector<Event>{IdleTimeout(), PeerGone()}) {
    Driver driver;
    driver.Client(absl::StrCat(kOpening, "half"));
    driver.Behind(event);
    EXPECT_EQ(driver.abandoned(), 1);
    EXPECT_TRUE(driver.disconnected());
    EXPECT_TRUE(driver.stored().empty());
  }
}

TEST(LmtpSession, LateAnswerAfterTheEndIsIgnored) {
  Driver driver;
  driver.answers_delivery = false;
  driver.Client(absl::StrCat(kOpening, "one\r\n.\r\n"));
  driver.Behind(PeerGone());
  EXPECT_EQ(driver.abandoned(), 0) << "what was finished is not taken back";
  const std::string said = driver.said();
  driver.Behind(Delivered{{DeliveryOutcome::kDelivered}});
  EXPECT_EQ(driver.said(), said);
}

TEST(LmtpSession, TakesAThousandRecipientsInOneGroup) {
  std::string input = "LHLO mx\r\nMAIL FROM:<a@x>\r\n";
  for (int i = 0; i < 1001; ++i) absl::StrAppend(&input, "RCPT TO:<r", i, "@y>\r\n");
  Driver driver;
  driver.Client(absl::StrCat(input, "DATA\r\nx\r\n.\r\nQUIT\r\n"));
  EXPECT_TRUE(absl::StrContains(driver.said(), "452 4.5.3 Too many recipients\r\n354"));
  EXPECT_TRUE(absl::StrContains(driver.said(), "<r999@y> Delivered\r\n221 2.0.0"));
}

}  // namespace
}  // namespace restante::lmtp
