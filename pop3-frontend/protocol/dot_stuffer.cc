#include "pop3-frontend/protocol/dot_stuffer.h"

#include <cstddef>

#include "absl/strings/string_view.h"

namespace restante::pop3 {

std::string DotStuffer::Stuff(std::string piece) {
  if (piece.empty()) return piece;
  bool dot_first = at_line_start_ && piece.front() == '.';
  at_line_start_ = piece.back() == '\n';
  ends_with_cr_ = piece.back() == '\r';
  size_t dot = piece.find("\n.");
  if (!dot_first && dot == std::string::npos) return piece;
  std::string out;
  if (dot_first) out.push_back('.');
  absl::string_view rest = piece;
  for (; dot != absl::string_view::npos; dot = rest.find("\n.")) {
    out.append(rest.data(), dot + 2);
    out.push_back('.');
    rest.remove_prefix(dot + 2);
  }
  out.append(rest.data(), rest.size());
  return out;
}

void DotStuffer::Finish(std::string* out) {
  if (at_line_start_) return;
  out->append(ends_with_cr_ ? "\n" : "\r\n");
}

}  // namespace restante::pop3
