#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "pop3-frontend/protocol/authorization.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"
#include "pop3-frontend/protocol/mechanism_policy.h"
#include "pop3-frontend/protocol/session_options.h"
#include "pop3-frontend/protocol/transaction.h"

namespace restante::pop3 {

// One POP3 connection from greeting to end, as a state machine: an event in, effects out. It never
// blocks, reads no clock and does no I/O. Each command gets exactly one reply, and at most one
// answered effect is under way. Owned by the connection's driver, used on its thread alone.
class Session {
 public:
  // RFC 2449 section 4: 255 octets with the line's end. RFC 5034 section 4: 12,288.
  static constexpr size_t kMaxCommandOctets = 253;
  static constexpr size_t kMaxResponseOctets = 12288;

  explicit Session(const SessionOptions& options);

  // To be called first, once. Appends the greeting.
  void Start(std::vector<Effect>* effects);

  // In place of Start: says why this client is not served, and ends.
  void TurnAway(TurnedAway why, std::vector<Effect>* effects);

  // The mechanism policy from now on; null while auth has told none.
  void SetPolicy(std::shared_ptr<const MechanismPolicy> policy);

  // Appends what follows from `event`. Nothing follows after a Disconnect. An event that answers
  // nothing under way is a broken invariant, as is a Line while WantsLine() is false.
  void Handle(Event event, std::vector<Effect>* effects);

  // Whether the next line of the client may be given. The driver leaves lines unread until then,
  // which is what keeps pipelined commands in order and memory bounded.
  bool WantsLine() const;

  // The limit for the next line, without its end.
  size_t MaxLineOctets() const;

  // The keyword of the last line, for counting: "RETR", "AUTH" also for responses, "unknown".
  absl::string_view command() const { return command_; }

  bool logged_on() const { return transaction_.has_value(); }
  bool ended() const { return ended_; }

 private:
  using Effects = std::vector<Effect>;

  void On(Line line, Effects* effects);
  void On(LineTooLong event, Effects* effects);
  void On(TlsReady event, Effects* effects);
  void On(AuthChallenge challenge, Effects* effects);
  void On(AuthAccepted accepted, Effects* effects);
  void On(const AuthRejected& rejected, Effects* effects);
  void On(DelayOver event, Effects* effects);
  void On(Opened opened, Effects* effects);
  void On(Busy event, Effects* effects);
  void On(MailboxDeleted event, Effects* effects);
  void On(TooManySessions event, Effects* effects);
  void On(RoomForMore event, Effects* effects);
  void On(BodyStarted event, Effects* effects);
  void On(BodyDone event, Effects* effects);
  void On(BodyFailed failed, Effects* effects);
  void On(Closed event, Effects* effects);
  void On(BackendDown event, Effects* effects);
  void On(LeaseLost event, Effects* effects);
  void On(IdleTimeout event, Effects* effects);
  void On(Drain event, Effects* effects);
  void On(PeerGone event, Effects* effects);

  void End(EndReason reason, absl::string_view farewell, Effects* effects);

  Authorization authorization_;
  bool may_delete_ = true;  // in the maildrop that auth has led to
  std::optional<Transaction> transaction_;
  absl::string_view command_ = "unknown";
  bool ended_ = false;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_H_
