#include "pop3-frontend/protocol/session.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "pop3-frontend/protocol/command.h"
#include "pop3-frontend/protocol/reply.h"

namespace restante::pop3 {

Session::Session(const SessionOptions& options) : authorization_(options) {}

void Session::Start(Effects* effects) { effects->push_back(Send{"+OK Restante ready\r\n"}); }

void Session::TurnAway(TurnedAway why, Effects* effects) {
  const EndReason reason =
      why == TurnedAway::kNotABalancer ? EndReason::kNotABalancer : EndReason::kTooManyConnections;
  End(reason, reply::TurnAway(why), effects);
  ended_ = true;
}

void Session::SetPolicy(std::shared_ptr<const MechanismPolicy> policy) {
  authorization_.SetPolicy(std::move(policy));
}

bool Session::WantsLine() const {
  if (ended_) return false;
  return transaction_ ? !transaction_->waiting() : !authorization_.waiting();
}

size_t Session::MaxLineOctets() const {
  // AUTH may carry an initial response, whose line RFC 5034 lets grow like a response's.
  return transaction_ ? kMaxCommandOctets : kMaxResponseOctets;
}

void Session::Handle(Event event, Effects* effects) {
  if (ended_) return;
  size_t before = effects->size();
  std::visit(
      [this, effects](auto&& alternative) {
        On(std::forward<decltype(alternative)>(alternative), effects);
      },
      std::move(event));
  for (size_t i = before; i < effects->size(); ++i) {
    ended_ = ended_ || std::holds_alternative<Disconnect>((*effects)[i]);
  }
}

void Session::On(Line line, Effects* effects) {
  RESTANTE_CHECK(WantsLine());
  absl::string_view text = line.text.view();
  if (!transaction_ && authorization_.expects_response()) {
    command_ = Name(Verb::kAuth);
    return authorization_.OnResponse(text, effects);
  }
  std::optional<Command> command = ParseCommand(text);
  command_ = command ? Name(command->verb) : "unknown";
  bool long_is_allowed = command && command->verb == Verb::kAuth;
  if (text.size() > kMaxCommandOctets && !long_is_allowed) return On(LineTooLong(), effects);
  if (!command) {
    effects->push_back(Send{absl::StrCat(reply::kUnknownCommand, "\r\n")});
    return;
  }
  if (transaction_) return transaction_->OnCommand(*command, effects);
  authorization_.OnCommand(*command, effects);
}

void Session::On(LineTooLong, Effects* effects) {
  command_ = "unknown";
  if (!transaction_) return authorization_.OnLineTooLong(effects);
  effects->push_back(Send{absl::StrCat(reply::kLineTooLong, "\r\n")});
}

void Session::On(TlsReady ready, Effects*) { authorization_.OnTlsReady(ready.has_certificate); }

void Session::On(AuthChallenge challenge, Effects* effects) {
  authorization_.OnChallenge(std::move(challenge), effects);
}

void Session::On(AuthAccepted accepted, Effects* effects) {
  RESTANTE_CHECK(!transaction_);
  may_delete_ = accepted.may_delete;
  authorization_.OnAccepted(std::move(accepted), effects);
}

void Session::On(const AuthRejected& rejected, Effects* effects) {
  authorization_.OnRejected(rejected, effects);
}

void Session::On(DelayOver, Effects* effects) { authorization_.OnDelayOver(effects); }

void Session::On(Opened opened, Effects* effects) {
  RESTANTE_CHECK(!transaction_ && authorization_.waiting());
  transaction_.emplace(std::move(opened), may_delete_);
  transaction_->Greet(effects);
}

void Session::On(Busy, Effects* effects) { authorization_.OnNotOpened(reply::kInUse, effects); }

void Session::On(MailboxDeleted, Effects* effects) {
  authorization_.OnNotOpened(reply::kMailboxDeleted, effects);
}

void Session::On(TooManySessions, Effects* effects) { authorization_.OnTooManySessions(effects); }

void Session::On(RoomForMore, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnRoomForMore(effects);
}

void Session::On(BodyStarted, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnBodyStarted(effects);
}

void Session::On(BodyDone, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnBodyDone(effects);
}

void Session::On(BodyFailed failed, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnBodyFailed(failed.failure, effects);
}

void Session::On(Closed, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnClosed(effects);
}

void Session::On(BackendDown, Effects* effects) {
  if (transaction_) return transaction_->OnBackendDown(effects);
  authorization_.OnBackendDown(effects);
}

void Session::On(LeaseLost, Effects* effects) {
  RESTANTE_CHECK(transaction_.has_value());
  transaction_->OnLeaseLost(effects);
}

// Without a word: RFC 1939 section 3.
void Session::On(IdleTimeout, Effects* effects) { End(EndReason::kIdle, "", effects); }

void Session::On(Drain, Effects* effects) { End(EndReason::kDrain, reply::kGoingDown, effects); }

void Session::On(PeerGone, Effects* effects) { End(EndReason::kPeerGone, "", effects); }

void Session::End(EndReason reason, absl::string_view farewell, Effects* effects) {
  if (transaction_) return transaction_->Abandon(reason, farewell, effects);
  if (!farewell.empty()) effects->push_back(Send{absl::StrCat(farewell, "\r\n")});
  effects->push_back(Disconnect{reason});
}

}  // namespace restante::pop3
