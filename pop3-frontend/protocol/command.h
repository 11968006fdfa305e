#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_COMMAND_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_COMMAND_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace restante::pop3 {

enum class Verb {
  kUser,
  kPass,
  kAuth,
  kCapa,
  kStls,
  kStat,
  kList,
  kRetr,
  kTop,
  kDele,
  kRset,
  kNoop,
  kUidl,
  kUtf8,
  kLang,
  kQuit,
};

inline constexpr Verb kVerbs[] = {
    Verb::kUser, Verb::kPass, Verb::kAuth, Verb::kCapa, Verb::kStls, Verb::kStat,
    Verb::kList, Verb::kRetr, Verb::kTop,  Verb::kDele, Verb::kRset, Verb::kNoop,
    Verb::kUidl, Verb::kUtf8, Verb::kLang, Verb::kQuit,
};

// A line taken apart. The argument is a view into it: everything behind the first space, as it is,
// because a password may begin and end with spaces.
struct Command {
  Verb verb;
  absl::string_view argument;
  bool has_argument = false;
};

// The keyword, in upper case.
absl::string_view Name(Verb verb);

// nullopt for an unknown keyword or a line with a NUL octet. Keywords have no case (RFC 1939
// section 3).
std::optional<Command> ParseCommand(absl::string_view line);

// A decimal number of at most nine digits, and nothing else.
std::optional<int32_t> ParseNumber(absl::string_view text);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_COMMAND_H_
