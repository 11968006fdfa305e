#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_EVENT_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/base/secret.h"

// What can happen to a POP3 session. The driver makes these from sockets, timers and calls.
namespace restante::pop3 {

// A line from the client without its end. Only while Session::WantsLine(). Secret, because it may
// hold a password; within the limit that Session::MaxLineOctets() gave.
struct Line {
  Secret text;
};
// The client's line was over the limit; what it held is gone.
struct LineTooLong {};

// The handshake that StartTls began is over. (When it fails, the driver reports PeerGone.)
struct TlsReady {
  bool has_certificate = false;  // as SessionOptions
};

// Answers to BeginLogon and ContinueLogon.
struct AuthChallenge {
  std::string server_message;
  std::string sealed_state;
  absl::Duration delay = absl::ZeroDuration();  // before the client is told
};
struct AuthAccepted {
  std::string account;
  std::string alias;
  std::string mailbox_id;
  std::string placement;
  std::string maildrop_grant;
  absl::Duration delay = absl::ZeroDuration();  // before the maildrop is opened
  bool may_delete = true;                       // else the maildrop may only be read
};
enum class RefusalReason { kCredentials, kMechanismUnknown, kMechanismDisabled, kTlsRequired };
struct AuthRejected {
  RefusalReason reason = RefusalReason::kCredentials;
  std::string reference;  // "7F3A-22Q9"
  absl::Duration delay;   // before the client is told
};
// What Delay asked for is over.
struct DelayOver {};

// Answers to OpenMaildrop.
struct MaildropMessage {
  uint64_t message_id = 0;
  int64_t size_octets = 0;
  std::string uidl;  // empty: uidl_prefix and message_id as 16 hexadecimal digits
};
struct Opened {
  std::vector<MaildropMessage> messages;  // in maildrop order
  // For how long a message is kept at least; nullopt: for ever.
  std::optional<int32_t> retention_days = std::nullopt;
  std::string uidl_prefix = std::string();
};
struct Busy {};            // another session holds it
struct MailboxDeleted {};  // an operator deleted it
// The front end has as many sessions as it may have; OpenMaildrop was not tried.
struct TooManySessions {};

// What becomes of ReadBody. After BodyStarted the driver sends the dot-stuffed text, without the
// final dot, and then reports BodyDone or BodyFailed.
struct BodyStarted {};
struct BodyDone {};
enum class BodyFailure { kNotFound, kCorrupt, kUnavailable };
struct BodyFailed {
  BodyFailure failure = BodyFailure::kUnavailable;
};

// What AwaitRoom waits for.
struct RoomForMore {};

// CloseMaildrop is durable.
struct Closed {};

// The call that was waited for could not be decided within its deadline.
struct BackendDown {};
// The maildrop belongs to somebody else now; nothing more can be read or deleted.
struct LeaseLost {};

// The client was silent for too long.
struct IdleTimeout {};
// The server is going down. Before logon: now. After it: when the drain time is over.
struct Drain {};
// The client closed the connection or it broke.
struct PeerGone {};

using Event =
    std::variant<Line, LineTooLong, TlsReady, AuthChallenge, AuthAccepted, AuthRejected, DelayOver,
                 Opened, Busy, MailboxDeleted, TooManySessions, RoomForMore, BodyStarted, BodyDone,
                 BodyFailed, Closed, BackendDown, LeaseLost, IdleTimeout, Drain, PeerGone>;

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_EVENT_H_
