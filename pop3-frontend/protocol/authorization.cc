#include "pop3-frontend/protocol/authorization.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "pop3-frontend/protocol/capability.h"
#include "pop3-frontend/protocol/language.h"
#include "pop3-frontend/protocol/reply.h"

namespace restante::pop3 {
namespace {

// Decoded text of a response; nullopt when it is not base64 in its one canonical form (RFC 4648
// section 3.5): Abseil alone lets spaces, other alphabets' padding and loose bits pass.
std::optional<Secret> DecodeBase64(absl::string_view line) {
  std::string text;
  if (!absl::Base64Unescape(line, &text)) return std::nullopt;
  Secret decoded(std::move(text));
  Secret again(absl::Base64Escape(decoded.view()));
  if (again.view() != line) return std::nullopt;
  return decoded;
}

std::string ContinuationLine(absl::string_view message) {
  return absl::StrCat("+ ", absl::Base64Escape(message), "\r\n");
}

}  // namespace

void Authorization::Answer(absl::string_view text, Effects* effects) {
  effects->push_back(Send{absl::StrCat(text, "\r\n")});
}

void Authorization::Wait(Effect effect, Effects* effects) {
  waiting_ = true;
  effects->push_back(std::move(effect));
}

void Authorization::OnCommand(const Command& command, Effects* effects) {
  switch (command.verb) {
    case Verb::kUser:
      return User(command, effects);
    case Verb::kPass:
      return Pass(command, effects);
    case Verb::kAuth:
      return Auth(command, effects);
    case Verb::kCapa:
      if (command.has_argument) return Answer(reply::kNoArgument, effects);
      effects->push_back(Send{absl::StrCat("+OK Capabilities follow\r\n",
                                           CapabilityLines(policy_.get(), options_), ".\r\n")});
      return;
    case Verb::kStls:
      return Stls(command, effects);
    case Verb::kUtf8:
      if (command.has_argument) return Answer(reply::kNoArgument, effects);
      // Nothing is remembered: messages are sent as they were delivered, in either mode.
      return Answer("+OK Messages may hold UTF-8", effects);
    case Verb::kLang:
      effects->push_back(Send{AnswerLang(command)});
      return;
    case Verb::kQuit:
      Answer("+OK Bye", effects);
      effects->push_back(Disconnect{EndReason::kQuit});
      return;
    case Verb::kStat:
    case Verb::kList:
    case Verb::kRetr:
    case Verb::kTop:
    case Verb::kDele:
    case Verb::kRset:
    case Verb::kNoop:
    case Verb::kUidl:
      return Answer(reply::kLogOnFirst, effects);
  }
}

void Authorization::User(const Command& command, Effects* effects) {
  if (!command.has_argument) return Answer("-ERR USER needs a name", effects);
  if (Usable("PLAIN", effects) == nullptr) return;
  user_ = Secret::CopyOf(command.argument);
  Answer("+OK Send PASS", effects);
}

void Authorization::Pass(const Command& command, Effects* effects) {
  if (!user_) return Answer("-ERR Say USER first", effects);
  std::string message = absl::StrCat(absl::string_view("\0", 1), user_->view(),
                                     absl::string_view("\0", 1), command.argument);
  user_.reset();
  Secret initial_response(std::move(message));
  if (Usable("PLAIN", effects) == nullptr) return;
  running_mechanism_ = "PLAIN";
  Wait(BeginLogon{"PLAIN", std::move(initial_response)}, effects);
}

const MechanismPolicy::Mechanism* Authorization::Usable(absl::string_view name, Effects* effects) {
  const MechanismPolicy::Mechanism* mechanism = FindMechanism(policy_.get(), name);
  if (policy_ == nullptr) {
    Answer(reply::kUndecided, effects);
  } else if (mechanism == nullptr) {
    Answer(reply::kUnknownMechanism, effects);
  } else if (!mechanism->enabled) {
    Answer(reply::DisabledMechanism(mechanism->name), effects);
  } else if (mechanism->needs_certificate && options_.tls && !options_.has_certificate) {
    Answer(reply::kCertificateRequired, effects);
  } else if (!IsUsable(*mechanism, options_)) {
    Answer(reply::kTlsRequired, effects);
  } else {
    return mechanism;
  }
  return nullptr;
}

void Authorization::ListMechanisms(Effects* effects) {
  std::string text = "+OK Mechanisms follow\r\n";
  for (const std::string& name : UsableMechanisms(policy_.get(), options_)) {
    absl::StrAppend(&text, name, "\r\n");
  }
  effects->push_back(Send{text + ".\r\n"});
}

void Authorization::Auth(const Command& command, Effects* effects) {
  if (!command.has_argument) return ListMechanisms(effects);
  size_t space = command.argument.find(' ');
  const MechanismPolicy::Mechanism* mechanism = Usable(command.argument.substr(0, space), effects);
  if (mechanism == nullptr) return;
  std::optional<absl::string_view> initial;
  if (space != absl::string_view::npos && space + 1 < command.argument.size()) {
    initial = command.argument.substr(space + 1);
  }
  BeginExchange(*mechanism, initial, effects);
}

void Authorization::BeginExchange(const MechanismPolicy::Mechanism& mechanism,
                                  std::optional<absl::string_view> initial_response,
                                  Effects* effects) {
  running_mechanism_ = mechanism.name;
  // "=" is an initial response of no octets (RFC 5034 section 4). An NTLM client that says so means
  // to speak with its next line.
  bool says_nothing = !initial_response || (*initial_response == "=" && mechanism.name == "NTLM");
  if (!says_nothing) {
    std::optional<Secret> decoded =
        *initial_response == "=" ? Secret() : DecodeBase64(*initial_response);
    if (!decoded) return Answer(reply::kInvalidBase64, effects);
    return Wait(BeginLogon{mechanism.name, std::move(decoded)}, effects);
  }
  if (!mechanism.client_first) return Wait(BeginLogon{mechanism.name, std::nullopt}, effects);
  exchange_ = Exchange{mechanism.name, std::nullopt};
  bool says_ok = options_.ntlm_ready_is_ok && mechanism.name == "NTLM";
  effects->push_back(Send{says_ok ? "+OK\r\n" : "+ \r\n"});
}

void Authorization::OnResponse(absl::string_view line, Effects* effects) {
  Exchange exchange = *std::move(exchange_);
  exchange_.reset();
  const bool after_challenge = exchange.sealed_state.has_value();
  if (line == "*") return GiveUp(after_challenge, reply::kCancelled, effects);
  std::optional<Secret> response = DecodeBase64(line);
  if (!response) return GiveUp(after_challenge, reply::kInvalidBase64, effects);
  if (exchange.sealed_state) {
    return Wait(ContinueLogon{*std::move(exchange.sealed_state), *std::move(response)}, effects);
  }
  Wait(BeginLogon{std::move(exchange.mechanism), std::move(response)}, effects);
}

void Authorization::OnLineTooLong(Effects* effects) {
  std::optional<Exchange> exchange = std::exchange(exchange_, std::nullopt);
  if (!exchange) return Answer(reply::kLineTooLong, effects);
  GiveUp(exchange->sealed_state.has_value(), reply::kResponseTooLong, effects);
}

// A challenge costs auth a call, so that a client is not given any number of them. That it was read
// for nothing is no guess, and so is not delayed.
void Authorization::GiveUp(bool after_challenge, absl::string_view text, Effects* effects) {
  if (!after_challenge) return Answer(text, effects);
  ++refusals_;
  Refuse(text, effects);
}

void Authorization::Refuse(absl::string_view text, Effects* effects) {
  Answer(text, effects);
  if (refusals_ >= options_.max_refusals) {
    effects->push_back(Disconnect{EndReason::kTooManyFailures});
  }
}

void Authorization::Stls(const Command& command, Effects* effects) {
  if (command.has_argument) return Answer(reply::kNoArgument, effects);
  if (options_.tls) return Answer("-ERR TLS is on already", effects);
  if (!options_.stls_available) return Answer("-ERR TLS is not available here", effects);
  Answer("+OK Begin TLS negotiation", effects);
  Wait(StartTls(), effects);
}

void Authorization::OnTlsReady(bool has_certificate) {
  waiting_ = false;
  options_.tls = true;
  options_.has_certificate = has_certificate;
  // What was said in the clear may have been somebody else's (RFC 2595 section 4).
  user_.reset();
}

void Authorization::OnChallenge(AuthChallenge challenge, Effects* effects) {
  const absl::Duration delay = challenge.delay;
  TellAfter(delay, std::move(challenge), effects);
}

void Authorization::OnRejected(const AuthRejected& rejected, Effects* effects) {
  ++refusals_;
  TellAfter(rejected.delay, reply::Refusal(rejected.reason, running_mechanism_, rejected.reference),
            effects);
}

void Authorization::OnAccepted(AuthAccepted accepted, Effects* effects) {
  RESTANTE_CHECK(waiting_);
  TellAfter(accepted.delay,
            OpenMaildrop{std::move(accepted.mailbox_id), std::move(accepted.placement),
                         std::move(accepted.maildrop_grant)},
            effects);
}

void Authorization::TellAfter(absl::Duration delay, Outcome outcome, Effects* effects) {
  delayed_ = std::move(outcome);
  if (delay <= absl::ZeroDuration()) return OnDelayOver(effects);
  effects->push_back(Delay{delay});
}

void Authorization::OnDelayOver(Effects* effects) {
  std::visit(
      [this, effects](auto&& outcome) { Tell(std::forward<decltype(outcome)>(outcome), effects); },
      std::exchange(delayed_, Outcome()));
}

void Authorization::Tell(const std::string& refusal, Effects* effects) {
  waiting_ = false;
  Refuse(refusal, effects);
}

void Authorization::Tell(AuthChallenge challenge, Effects* effects) {
  waiting_ = false;
  exchange_ = Exchange{running_mechanism_, std::move(challenge.sealed_state)};
  effects->push_back(Send{ContinuationLine(challenge.server_message)});
}

void Authorization::Tell(OpenMaildrop target, Effects* effects) {
  opening_ = true;
  effects->push_back(std::move(target));
}

void Authorization::OnBackendDown(Effects* effects) {
  waiting_ = false;
  Answer(std::exchange(opening_, false) ? reply::kStoreAway : reply::kUndecided, effects);
}

void Authorization::OnTooManySessions(Effects* effects) {
  waiting_ = false;
  opening_ = false;
  Answer(reply::kTooManySessions, effects);
}

void Authorization::OnNotOpened(absl::string_view reply, Effects* effects) {
  waiting_ = false;
  opening_ = false;
  Answer(reply, effects);
}

}  // namespace restante::pop3
