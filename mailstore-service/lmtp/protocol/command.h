#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_COMMAND_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

namespace restante::lmtp {

enum class Verb {
  kLhlo,
  kHelo,
  kEhlo,
  kMail,
  kRcpt,
  kData,
  kRset,
  kNoop,
  kVrfy,
  kExpn,
  kHelp,
  kQuit,
};

// A line taken apart. The argument is a view into it: everything behind the first space, without
// spaces at its end.
struct Command {
  Verb verb;
  absl::string_view argument;
};

// nullopt for an unknown keyword and for a line with a control character, among them a CR or LF
// that ended no line. Keywords have no case.
std::optional<Command> ParseCommand(absl::string_view line);

// Why a MAIL or RCPT is not understood.
enum class ArgumentError {
  kAddressMalformed,
  kAddressNotAscii,  // SMTPUTF8 is not offered
  kParameterUnknown,
  kParameterMalformed,
};

// The argument of MAIL: FROM:<path> [SIZE=n] [BODY=7BIT|8BITMIME].
struct MailArgument {
  std::string sender;  // canonical; empty: the null sender
  // RFC 1870; a number over the range of int64_t is its largest.
  std::optional<int64_t> size_octets;
};
std::variant<MailArgument, ArgumentError> ParseMailArgument(absl::string_view argument);

// The argument of RCPT: TO:<path>. No parameter is known. Gives the canonical address.
std::variant<std::string, ArgumentError> ParseRcptArgument(absl::string_view argument);

// What LHLO says: a host name, an address literal, or what else a client calls itself, 1 to 255
// octets of printable ASCII without spaces and without what would end a comment or an address in a
// Received field.
[[nodiscard]] bool IsClientName(absl::string_view argument);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_COMMAND_H_
