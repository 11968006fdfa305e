#include "tools/restantectl/mail/line_ends.h"

#include "absl/strings/str_replace.h"

namespace restante::ctl {

std::string WithCrlf(absl::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  if (!out.empty() && out.back() != '\n') out += "\r\n";
  return out;
}

std::string WithLf(absl::string_view text) { return absl::StrReplaceAll(text, {{"\r\n", "\n"}}); }

}  // namespace restante::ctl
