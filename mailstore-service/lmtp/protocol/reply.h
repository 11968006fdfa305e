#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_REPLY_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_REPLY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "mailstore-service/lmtp/protocol/command.h"
#include "mailstore-service/lmtp/protocol/event.h"

// The replies, in one place: codes of RFC 5321 section 4.2 and enhanced codes of RFC 3463, and
// texts for a person at a terminal. Of what the client sent they repeat only canonical addresses.
// Without line end.
namespace restante::lmtp::reply {

inline constexpr absl::string_view kOk = "250 2.0.0 OK";
inline constexpr absl::string_view kSenderOk = "250 2.1.0 Sender OK";
inline constexpr absl::string_view kRecipientOk = "250 2.1.5 Recipient OK";
inline constexpr absl::string_view kSendText = "354 End the message with a line of one dot";
inline constexpr absl::string_view kCannotVerify =
    "252 2.0.0 Addresses are not verified here; RCPT tells";
inline constexpr absl::string_view kBye = "221 2.0.0 Bye";

inline constexpr absl::string_view kIdle = "421 4.4.2 Nothing came for too long";
inline constexpr absl::string_view kGoingDown =
    "421 4.3.2 The server is going down, connect again later";
inline constexpr absl::string_view kTooManyErrors = "421 4.7.0 Too many errors";
inline constexpr absl::string_view kTooManyCommands =
    "421 4.7.0 Too many commands on one connection, connect again";

inline constexpr absl::string_view kRecipientUndecided =
    "451 4.4.3 The address could not be looked up just now, try again later";
inline constexpr absl::string_view kTooManyRecipients = "452 4.5.3 Too many recipients";
inline constexpr absl::string_view kRecipientUnknown = "550 5.1.1 No such recipient";

inline constexpr absl::string_view kUnknownCommand = "500 5.5.2 Unknown command";
inline constexpr absl::string_view kLineTooLong = "500 5.5.2 Line too long";
inline constexpr absl::string_view kLmtpOnly = "500 5.5.1 This is LMTP: say LHLO";
inline constexpr absl::string_view kNotImplemented = "502 5.5.1 Command not implemented";
inline constexpr absl::string_view kNoArgument = "501 5.5.4 This command takes no argument";
inline constexpr absl::string_view kClientNameMissing = "501 5.5.4 Say LHLO and your host's name";
inline constexpr absl::string_view kLhloFirst = "503 5.5.1 Say LHLO first";
inline constexpr absl::string_view kMailFirst = "503 5.5.1 Say MAIL first";
inline constexpr absl::string_view kNoRecipients = "503 5.5.1 No valid recipients";
inline constexpr absl::string_view kSenderGiven = "503 5.5.1 The sender is given already";

inline constexpr absl::string_view kMessageTooLarge = "552 5.3.4 Message too large";
inline constexpr absl::string_view kBareLineEnd =
    "554 5.6.0 The message has a CR or LF that is not part of a CRLF";

// For what is wrong with a MAIL or RCPT.
absl::string_view BadSender(ArgumentError error);
absl::string_view BadRecipient(ArgumentError error);

// After the message, for the recipient `address`.
std::string OfOutcome(DeliveryOutcome outcome, absl::string_view address);

}  // namespace restante::lmtp::reply

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_REPLY_H_
