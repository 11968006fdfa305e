#ifndef RESTANTE_COMMON_BASE_ESCAPE_H_
#define RESTANTE_COMMON_BASE_ESCAPE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// A client's text for a log line or a person's screen: printable ASCII but the quote stays,
// everything else becomes \xHH, and what is over `max_octets` of input is cut and marked "...". The
// backslash stays, though it makes the form ambiguous: every Windows name has one, and people read
// them. Never used on secrets: they are not logged at all.
std::string EscapeForLog(absl::string_view text, size_t max_octets = 64);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_ESCAPE_H_
