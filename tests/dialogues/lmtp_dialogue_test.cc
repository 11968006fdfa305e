#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "mailstore-service/lmtp/protocol/session.h"
#include "tests/dialogues/dialogue.h"

namespace restante::lmtp {
namespace {

using dialogue::Words;

constexpr char kFolder[] = "tests/dialogues/lmtp";

absl::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kQuit:
      return "quit";
    case EndReason::kPeerGone:
      return "peer-gone";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kDrain:
      return "drain";
    case EndReason::kTooManyErrors:
      return "too-many-errors";
    case EndReason::kTooManyCommands:
      return "too-many-commands";
  }
  return "?";
}

Event ParseDelivered(const Words& words) {
  static const auto& outcomes = *new std::map<std::string, DeliveryOutcome>{
      {"ok", DeliveryOutcome::kDelivered},
      {"mailbox-full", DeliveryOutcome::kMailboxFull},
      {"mailbox-deleted", DeliveryOutcome::kMailboxDeleted},
      {"store-full", DeliveryOutcome::kStoreFull},
      {"too-large", DeliveryOutcome::kTooLarge},
      {"unavailable", DeliveryOutcome::kUnavailable}};
  Delivered delivered;
  for (size_t i = 1; i < words.size(); ++i) delivered.outcomes.push_back(outcomes.at(words[i]));
  return delivered;
}

Event ParseChecked(const Words& words) {
  return DeliveryChecked{std::get<Delivered>(ParseDelivered(words)).outcomes.at(0)};
}

Event ParseEvent(const Words& words) {
  const std::string& name = words.at(0);
  if (name == "found") return RecipientFound{words.at(1), words.at(2)};
  if (name == "unknown") return RecipientUnknown();
  if (name == "undecided") return RecipientUndecided();
  if (name == "checked") return ParseChecked(words);
  if (name == "delivered") return ParseDelivered(words);
  if (name == "idle") return IdleTimeout();
  if (name == "drain") return Drain();
  if (name == "gone") return PeerGone();
  ADD_FAILURE() << "unknown event " << name;
  return PeerGone();
}

template <typename Number>
void Set(const std::string& word, Number* number) {
  int64_t value = 0;
  EXPECT_TRUE(absl::SimpleAtoi(word, &value));
  *number = static_cast<Number>(value);
}

class LmtpPlayer : public dialogue::Player {
 public:
  explicit LmtpPlayer(bool octet_by_octet) : octet_by_octet_(octet_by_octet) {
    options_.host_name = "in.example";
  }

 private:
  void Prepare(const Words& words) override {
    ASSERT_EQ(words.at(0), "option");
    const std::string& name = words.at(1);
    if (name == "normalise") options_.bare_line_ends = BareLineEnds::kNormalise;
    if (name == "max-message-octets") Set(words.at(2), &options_.max_message_octets);
    if (name == "max-recipients") Set(words.at(2), &options_.max_recipients);
    if (name == "max-commands") Set(words.at(2), &options_.max_commands);
    if (name == "max-errors") Set(words.at(2), &options_.max_errors);
  }

  void Begin() override {
    session_ = std::make_unique<Session>(options_);
    std::vector<Effect> effects;
    session_->Start(&effects);
    Carry(effects);
  }

  void Client(const std::string& octets) override {
    for (size_t i = 0; i < octets.size(); i += octet_by_octet_ ? 1 : octets.size()) {
      unread_ += octet_by_octet_ ? octets.substr(i, 1) : octets;
      FeedUnread();
    }
  }

  void Behind(const Words& words) override {
    std::vector<Effect> effects;
    session_->Handle(ParseEvent(words), &effects);
    Carry(effects);
    FeedUnread();
  }

  void FeedUnread() {
    absl::string_view rest = unread_;
    while (!rest.empty() && session_->WantsOctets()) {
      std::vector<Effect> effects;
      session_->Feed(&rest, &effects);
      Carry(effects);
    }
    unread_ = std::string(rest);
  }

  void Carry(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      std::visit([this](const auto& one) { On(one); }, effect);
    }
  }

  void On(const Send& send) { RecordReply(send.text); }
  void On(const ResolveRecipient& resolve) { Record(absl::StrCat("E: resolve ", resolve.address)); }
  void On(const CheckDelivery& check) {
    Record(absl::StrCat("E: check ", check.mailbox.mailbox_id, "@", check.mailbox.placement, " ",
                        check.size_octets));
  }
  void On(const BeginDelivery& begin) {
    const Envelope& envelope = begin.envelope;
    std::string line = absl::StrCat("E: begin-delivery ", envelope.client_name, " <",
                                    envelope.sender, "> <", envelope.only_recipient, ">");
    for (const Mailbox& mailbox : envelope.mailboxes) {
      absl::StrAppend(&line, " ", mailbox.mailbox_id, "@", mailbox.placement);
    }
    Record(line);
    text_.clear();
  }
  void On(const WriteText& write) { text_ += write.text; }
  // The text is told when it is whole: its pieces depend on how the client's octets came.
  void On(const FinishDelivery&) {
    absl::string_view text = text_;
    while (!text.empty()) {
      size_t end = text.find("\r\n");
      ASSERT_NE(end, absl::string_view::npos) << "text that ends within a line";
      Record(absl::StrCat("E: text ", text.substr(0, end)));
      text.remove_prefix(end + 2);
    }
    Record("E: finish-delivery");
  }
  void On(const AbandonDelivery&) { Record("E: abandon-delivery"); }
  void On(const Disconnect& disconnect) {
    Record(absl::StrCat("E: disconnect ", EndReasonName(disconnect.reason)));
  }

  const bool octet_by_octet_;
  SessionOptions options_;
  std::unique_ptr<Session> session_;
  std::string unread_;
  std::string text_;
};

class LmtpDialogue : public testing::TestWithParam<std::string> {};

TEST_P(LmtpDialogue, IsHeldAsWritten) {
  dialogue::PlayBothWays(kFolder, GetParam(), [](bool octet_by_octet) {
    return std::make_unique<LmtpPlayer>(octet_by_octet);
  });
}

INSTANTIATE_TEST_SUITE_P(Files, LmtpDialogue, testing::ValuesIn(dialogue::Files(kFolder)),
                         [](const auto& file) { return dialogue::TestName(file.param); });

}  // namespace
}  // namespace restante::lmtp
