#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_AUTHORIZATION_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_AUTHORIZATION_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "pop3-frontend/protocol/command.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"
#include "pop3-frontend/protocol/mechanism_policy.h"
#include "pop3-frontend/protocol/session_options.h"

namespace restante::pop3 {

// The AUTHORIZATION state (RFC 1939 section 4, RFC 5034): from the greeting until a maildrop is to
// be opened. Owned by Session, which says when each function may be called.
class Authorization {
 public:
  using Effects = std::vector<Effect>;

  explicit Authorization(const SessionOptions& options) : options_(options) {}

  // The policy from now on; null until auth has told one.
  void SetPolicy(std::shared_ptr<const MechanismPolicy> policy) { policy_ = std::move(policy); }

  // The client answers a challenge with the next line; it may be as long as RFC 5034 section 4 has
  // it.
  bool expects_response() const { return exchange_.has_value(); }

  // True while nothing but an event other than Line goes on.
  bool waiting() const { return waiting_; }

  void OnCommand(const Command& command, Effects* effects);
  void OnResponse(absl::string_view line, Effects* effects);
  void OnLineTooLong(Effects* effects);
  void OnTlsReady(bool has_certificate);
  void OnChallenge(AuthChallenge challenge, Effects* effects);
  void OnRejected(const AuthRejected& rejected, Effects* effects);
  void OnDelayOver(Effects* effects);
  // The client is known; its success is not said before the maildrop is open.
  void OnAccepted(AuthAccepted accepted, Effects* effects);
  // Auth could not decide, or the maildrop could not be opened.
  void OnBackendDown(Effects* effects);
  // The maildrop was not opened; `reply` says why.
  void OnNotOpened(absl::string_view reply, Effects* effects);
  void OnTooManySessions(Effects* effects);

 private:
  // A SASL exchange that waits for the client.
  struct Exchange {
    std::string mechanism;
    // Empty until the first call: the client is to speak first, and auth does not know yet.
    std::optional<std::string> sealed_state;
  };

  void User(const Command& command, Effects* effects);
  void Pass(const Command& command, Effects* effects);
  void Auth(const Command& command, Effects* effects);
  void ListMechanisms(Effects* effects);
  void Stls(const Command& command, Effects* effects);
  void BeginExchange(const MechanismPolicy::Mechanism& mechanism,
                     std::optional<absl::string_view> initial_response, Effects* effects);
  // The mechanism when it may be used now; otherwise says why not.
  const MechanismPolicy::Mechanism* Usable(absl::string_view name, Effects* effects);
  // Ends an exchange that the client did not go on with.
  void GiveUp(bool after_challenge, absl::string_view text, Effects* effects);
  // Refuses, and ends the connection when that was one refusal too many.
  void Refuse(absl::string_view text, Effects* effects);
  // What auth answered, once the delay that it asked for is over.
  using Outcome = std::variant<std::string, AuthChallenge, OpenMaildrop>;
  void TellAfter(absl::Duration delay, Outcome outcome, Effects* effects);
  void Tell(const std::string& refusal, Effects* effects);
  void Tell(AuthChallenge challenge, Effects* effects);
  void Tell(OpenMaildrop target, Effects* effects);
  void Wait(Effect effect, Effects* effects);
  void Answer(absl::string_view text, Effects* effects);

  SessionOptions options_;
  std::shared_ptr<const MechanismPolicy> policy_;
  std::optional<Secret> user_;
  std::optional<Exchange> exchange_;
  std::string running_mechanism_;
  Outcome delayed_;
  bool waiting_ = false;
  bool opening_ = false;  // what it waits for is the maildrop
  int refusals_ = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_AUTHORIZATION_H_
