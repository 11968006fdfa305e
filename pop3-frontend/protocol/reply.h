#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_REPLY_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_REPLY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "pop3-frontend/protocol/event.h"
#include "pop3-frontend/protocol/session_options.h"

// The negative replies, in one place: response codes of RFC 2449 section 8 and RFC 3206, and texts
// for a person at a terminal. None repeats what the client sent. Without line end.
namespace restante::pop3::reply {

inline constexpr absl::string_view kUnknownCommand = "-ERR Unknown command";
inline constexpr absl::string_view kNoArgument = "-ERR This command takes no argument";
inline constexpr absl::string_view kLogOnFirst = "-ERR Log on first";
inline constexpr absl::string_view kLoggedOnAlready = "-ERR You are logged on already";
inline constexpr absl::string_view kLineTooLong = "-ERR Line too long";
inline constexpr absl::string_view kResponseTooLong = "-ERR [AUTH] line too long";
inline constexpr absl::string_view kInvalidBase64 = "-ERR [AUTH] Invalid base64 in response";
inline constexpr absl::string_view kCancelled = "-ERR [AUTH] Authentication cancelled";
inline constexpr absl::string_view kUnknownMechanism =
    "-ERR [SYS/PERM] Unknown authentication mechanism";
inline constexpr absl::string_view kTlsRequired = "-ERR [AUTH] Use TLS first: say STLS";
inline constexpr absl::string_view kCertificateRequired =
    "-ERR [AUTH] Show a client certificate that this server trusts";
inline constexpr absl::string_view kUndecided =
    "-ERR [SYS/TEMP] The logon could not be checked just now, try again later";
inline constexpr absl::string_view kStoreAway =
    "-ERR [SYS/TEMP] The mailbox cannot be reached just now, try again later";
inline constexpr absl::string_view kInUse = "-ERR [IN-USE] Another session has the mailbox open";
inline constexpr absl::string_view kMailboxDeleted =
    "-ERR [SYS/PERM] This mailbox was deleted; ask its administrator";
inline constexpr absl::string_view kTooManySessions =
    "-ERR [SYS/TEMP] Too many sessions just now, try again later";
inline constexpr absl::string_view kTooManyConnections =
    "-ERR [SYS/TEMP] Too many connections, try again later";
inline constexpr absl::string_view kTooManyFromSource =
    "-ERR [SYS/TEMP] Too many connections from your network, try again later";
inline constexpr absl::string_view kNotABalancer =
    "-ERR [SYS/PERM] Only load balancers connect here";
inline constexpr absl::string_view kNoSuchLanguage = "-ERR No such language; LANG lists them";
inline constexpr absl::string_view kBeforeLogonOnly = "-ERR UTF8 is said before the logon";
inline constexpr absl::string_view kReadOnly =
    "-ERR You may read this mailbox, but not delete from it";
inline constexpr absl::string_view kNoSuchMessage = "-ERR No such message";
inline constexpr absl::string_view kMessageCorrupt =
    "-ERR [SYS/PERM] This message is damaged; the others can be read";
inline constexpr absl::string_view kNotAllRemoved =
    "-ERR [SYS/TEMP] some deleted messages not removed";
inline constexpr absl::string_view kLeaseLost =
    "-ERR [SYS/TEMP] The mailbox went to another session; no messages were removed";
inline constexpr absl::string_view kGoingDown = "-ERR [SYS/TEMP] The server is going down";

// In place of the greeting.
absl::string_view TurnAway(TurnedAway why);

// For a mechanism that is switched off.
std::string DisabledMechanism(absl::string_view mechanism);

// For what auth refused. All refusals of credentials read alike but for the reference.
std::string Refusal(RefusalReason reason, absl::string_view mechanism, absl::string_view reference);

}  // namespace restante::pop3::reply

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_REPLY_H_
