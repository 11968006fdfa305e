#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/session.h"
#include "tests/dialogues/dialogue.h"

namespace restante::pop3 {
namespace {

using dialogue::Words;

constexpr char kFolder[] = "tests/dialogues/pop3";

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
    case EndReason::kLeaseLost:
      return "lease-lost";
    case EndReason::kTooManyFailures:
      return "too-many-failures";
    case EndReason::kBodyBroken:
      return "body-broken";
    case EndReason::kTooManyConnections:
      return "too-many-connections";
    case EndReason::kNotABalancer:
      return "not-a-balancer";
  }
  return "?";
}

// Effects as the dialogues write them.
struct EffectWriter {
  std::string operator()(const Send&) const { return ""; }
  std::string operator()(const StartTls&) const { return "start-tls"; }
  std::string operator()(const BeginLogon& logon) const {
    std::string initial = "none";
    if (logon.initial_response) {
      initial = absl::StrCat("=", absl::Base64Escape(logon.initial_response->view()));
    }
    return absl::StrCat("begin-logon ", logon.mechanism, " ", initial);
  }
  std::string operator()(const ContinueLogon& logon) const {
    return absl::StrCat("continue-logon ", logon.sealed_state, " =",
                        absl::Base64Escape(logon.response.view()));
  }
  std::string operator()(const OpenMaildrop& open) const {
    return absl::StrCat("open-maildrop ", open.mailbox_id, " ", open.placement);
  }
  std::string operator()(const ReadBody& read) const {
    std::string top = read.top_lines ? absl::StrCat(" top ", *read.top_lines) : "";
    return absl::StrCat("read-body ", read.message_id, top);
  }
  std::string operator()(const CloseMaildrop& close) const {
    std::string ids = absl::StrJoin(close.delete_message_ids, ",");
    const std::string read = absl::StrJoin(close.read_message_ids, ",");
    return absl::StrCat("close-maildrop ", ids.empty() ? "nothing" : ids,
                        read.empty() ? "" : absl::StrCat(" read ", read),
                        close.answered ? "" : " unanswered");
  }
  std::string operator()(const AwaitRoom&) const { return "await-room"; }
  std::string operator()(const Delay& delay) const {
    return absl::StrCat("delay ", absl::FormatDuration(delay.duration));
  }
  std::string operator()(const Disconnect& disconnect) const {
    return absl::StrCat("disconnect ", EndReasonName(disconnect.reason));
  }
};

std::shared_ptr<const MechanismPolicy> ParsePolicy(const Words& words) {
  if (words.at(1) == "none") return nullptr;
  auto policy = std::make_shared<MechanismPolicy>();
  for (size_t i = 1; i < words.size(); ++i) {
    Words parts = absl::StrSplit(words[i], ':');
    MechanismPolicy::Mechanism mechanism{parts[0], true, false, true};
    for (const std::string& part : parts) {
      if (part == "off") mechanism.enabled = false;
      if (part == "tls") mechanism.require_tls = true;
      if (part == "server-first") mechanism.client_first = false;
      if (part == "binding") mechanism.needs_channel_binding = true;
      if (part == "certificate") mechanism.needs_certificate = true;
    }
    policy->mechanisms.push_back(mechanism);
  }
  return policy;
}

// The word at `index`, when there is one.
absl::Duration ParseDelay(const Words& words, size_t index) {
  absl::Duration delay;
  if (words.size() > index) {
    EXPECT_TRUE(absl::ParseDuration(words[index], &delay));
  }
  return delay;
}

Event ParseAccepted(const Words& words) {
  return AuthAccepted{"accounts/a", "a", words.at(1), words.at(2), "grant", ParseDelay(words, 3)};
}

Event ParseAcceptedToRead(const Words& words) {
  return AuthAccepted{"accounts/a",        "a",     words.at(1),
                      words.at(2),         "grant", ParseDelay(words, 3),
                      /*may_delete=*/false};
}

Event ParseRejection(const Words& words) {
  static const auto& reasons = *new std::map<std::string, RefusalReason>{
      {"credentials", RefusalReason::kCredentials},
      {"mechanism-unknown", RefusalReason::kMechanismUnknown},
      {"mechanism-disabled", RefusalReason::kMechanismDisabled},
      {"tls-required", RefusalReason::kTlsRequired}};
  return AuthRejected{reasons.at(words.at(1)), words.at(2), ParseDelay(words, 3)};
}

Event ParseOpened(const Words& words) {
  Opened opened;
  for (size_t i = 1; i < words.size(); ++i) {
    Words parts = absl::StrSplit(words[i], ':');
    if (parts.at(0) == "kept") {
      int32_t days = 0;
      EXPECT_TRUE(absl::SimpleAtoi(parts.at(1), &days));
      opened.retention_days = days;
      continue;
    }
    MaildropMessage message;
    EXPECT_TRUE(absl::SimpleAtoi(parts.at(0), &message.message_id));
    EXPECT_TRUE(absl::SimpleAtoi(parts.at(1), &message.size_octets));
    message.uidl = parts.at(2);
    opened.messages.push_back(message);
  }
  return opened;
}

Event ParseBodyFailure(const Words& words) {
  static const auto& failures =
      *new std::map<std::string, BodyFailure>{{"not-found", BodyFailure::kNotFound},
                                              {"corrupt", BodyFailure::kCorrupt},
                                              {"unavailable", BodyFailure::kUnavailable}};
  return BodyFailed{failures.at(words.at(1))};
}

Event ParseEvent(const Words& words) {
  const std::string& name = words.at(0);
  if (name == "challenge") {
    std::string message;
    if (words.at(1) != "=") {
      EXPECT_TRUE(absl::Base64Unescape(words[1], &message));
    }
    return AuthChallenge{message, words.at(2), ParseDelay(words, 3)};
  }
  if (name == "accepted") return ParseAccepted(words);
  if (name == "accepted-to-read") return ParseAcceptedToRead(words);
  if (name == "rejected") return ParseRejection(words);
  if (name == "opened") return ParseOpened(words);
  if (name == "body-failed") return ParseBodyFailure(words);
  if (name == "busy") return Busy();
  if (name == "mailbox-deleted") return MailboxDeleted();
  if (name == "too-many-sessions") return TooManySessions();
  if (name == "room") return RoomForMore();
  if (name == "body-started") return BodyStarted();
  if (name == "body-done") return BodyDone();
  if (name == "closed") return Closed();
  if (name == "down") return BackendDown();
  if (name == "lease-lost") return LeaseLost();
  if (name == "idle") return IdleTimeout();
  if (name == "drain") return Drain();
  if (name == "gone") return PeerGone();
  if (name == "tls-ready") return TlsReady{words.size() > 1 && words[1] == "certificate"};
  if (name == "delay-over") return DelayOver();
  ADD_FAILURE() << "unknown event " << name;
  return PeerGone();
}

TurnedAway ParseTurnedAway(const std::string& name) {
  static const auto& reasons = *new std::map<std::string, TurnedAway>{
      {"too-many-connections", TurnedAway::kTooManyConnections},
      {"too-many-from-source", TurnedAway::kTooManyFromSource},
      {"not-a-balancer", TurnedAway::kNotABalancer}};
  return reasons.at(name);
}

void ApplyOption(const Words& words, SessionOptions* options) {
  const std::string& name = words.at(1);
  if (name == "stls") options->stls_available = true;
  if (name == "tls") options->tls = true;
  if (name == "certificate") options->has_certificate = true;
  if (name == "logon-without-tls") options->logon_without_tls = true;
  if (name == "ntlm-ready-is-ok") options->ntlm_ready_is_ok = true;
  if (name == "max-refusals") {
    EXPECT_TRUE(absl::SimpleAtoi(words.at(2), &options->max_refusals));
  }
}

class Pop3Player : public dialogue::Player {
 public:
  explicit Pop3Player(bool octet_by_octet) : octet_by_octet_(octet_by_octet) {}

 private:
  void Prepare(const Words& words) override {
    if (words[0] == "option") return ApplyOption(words, &options_);
    if (words[0] == "turned-away") {
      turned_away_ = ParseTurnedAway(words.at(1));
      return;
    }
    ASSERT_EQ(words[0], "policy");
    policy_ = ParsePolicy(words);
    if (session_) session_->SetPolicy(policy_);
  }

  void Begin() override {
    session_ = std::make_unique<Session>(options_);
    session_->SetPolicy(policy_);
    std::vector<Effect> effects;
    if (turned_away_) {
      session_->TurnAway(*turned_away_, &effects);
    } else {
      session_->Start(&effects);
    }
    RecordAll(effects);
  }

  void Client(const std::string& octets) override {
    for (size_t i = 0; i < octets.size(); i += octet_by_octet_ ? 1 : octets.size()) {
      splitter_.Append(octet_by_octet_ ? octets.substr(i, 1) : octets);
      TakeLines();
    }
  }

  void Behind(const Words& words) override {
    std::vector<Effect> effects;
    session_->Handle(ParseEvent(words), &effects);
    RecordAll(effects);
    TakeLines();
  }

  void TakeLines() {
    while (session_->WantsLine()) {
      auto next = splitter_.Next(session_->MaxLineOctets());
      if (std::holds_alternative<LineSplitter::NeedMore>(next)) return;
      std::vector<Effect> effects;
      if (Line* line = std::get_if<Line>(&next)) {
        session_->Handle(std::move(*line), &effects);
      } else {
        session_->Handle(LineTooLong(), &effects);
      }
      RecordAll(effects);
    }
  }

  void RecordAll(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      if (const Send* send = std::get_if<Send>(&effect)) {
        RecordReply(send->text);
      } else {
        Record(absl::StrCat("E: ", std::visit(EffectWriter(), effect)));
      }
    }
  }

  const bool octet_by_octet_;
  SessionOptions options_;
  std::optional<TurnedAway> turned_away_;
  std::shared_ptr<const MechanismPolicy> policy_;
  std::unique_ptr<Session> session_;
  LineSplitter splitter_;
};

class Pop3Dialogue : public testing::TestWithParam<std::string> {};

TEST_P(Pop3Dialogue, IsHeldAsWritten) {
  dialogue::PlayBothWays(kFolder, GetParam(), [](bool octet_by_octet) {
    return std::make_unique<Pop3Player>(octet_by_octet);
  });
}

INSTANTIATE_TEST_SUITE_P(Files, Pop3Dialogue, testing::ValuesIn(dialogue::Files(kFolder)),
                         [](const auto& file) { return dialogue::TestName(file.param); });

}  // namespace
}  // namespace restante::pop3
