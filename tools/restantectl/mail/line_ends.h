#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_LINE_ENDS_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_LINE_ENDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace restante::ctl {

// With CRLF where a line ended by LF alone, and an end of the last line. An empty text stays.
std::string WithCrlf(absl::string_view text);
// With LF where a line ended by CRLF.
std::string WithLf(absl::string_view text);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_LINE_ENDS_H_
