#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_EFFECT_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_EFFECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/base/secret.h"

// What a POP3 session wants done. The driver carries them out in order; those marked "answered"
// come back as an event, and there is never more than one of them under way.
namespace restante::pop3 {

// Octets for the client, whole lines.
struct Send {
  std::string text;
};

// Begin the TLS handshake behind what was sent. Octets that the client sent before it close the
// connection (RFC 2595 section 4). Answered: TlsReady.
struct StartTls {};

// Answered: AuthChallenge, AuthAccepted, AuthRejected or BackendDown. The driver makes a new
// attempt id.
struct BeginLogon {
  std::string mechanism;  // upper case
  std::optional<Secret> initial_response;
};
// Continues the attempt. Answered like BeginLogon.
struct ContinueLogon {
  std::string sealed_state;
  Secret response;
};

// Answered: Opened, Busy, MailboxDeleted or BackendDown.
struct OpenMaildrop {
  std::string mailbox_id;
  std::string placement;
  std::string maildrop_grant;
};

// Answered: BodyStarted and then BodyDone or BodyFailed; or BodyFailed alone.
struct ReadBody {
  uint64_t message_id = 0;
  std::optional<int32_t> top_lines;
};

// Answered when `answered` is set: Closed, LeaseLost or BackendDown. Else the lease is let go with
// nothing deleted and nobody waits for it.
struct CloseMaildrop {
  std::vector<uint64_t> delete_message_ids;
  bool answered = false;
  // Retrieved to their end, and not deleted.
  std::vector<uint64_t> read_message_ids = {};
};

// A long listing goes on once most of what was sent has left. Answered: RoomForMore.
struct AwaitRoom {};

// Answered: DelayOver. Holds no thread.
struct Delay {
  absl::Duration duration;
};

// Close the connection once everything sent has left; nothing follows.
enum class EndReason {
  kQuit,
  kPeerGone,
  kIdle,
  kDrain,
  kLeaseLost,
  kTooManyFailures,
  kBodyBroken,
  kTooManyConnections,
  kNotABalancer,
};
struct Disconnect {
  EndReason reason = EndReason::kQuit;
};

using Effect = std::variant<Send, StartTls, BeginLogon, ContinueLogon, OpenMaildrop, ReadBody,
                            CloseMaildrop, AwaitRoom, Delay, Disconnect>;

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_EFFECT_H_
