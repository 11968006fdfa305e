#include "pop3-frontend/protocol/dot_stuffer.h"

#include <cstddef>

namespace restante::pop3 {

void DotStuffer::Stuff(absl::string_view piece, std::string* out) {
  if (piece.empty()) return;
  if (at_line_start_ && piece.front() == '.') out->push_back('.');
  at_line_start_ = piece.back() == '\n';
  ends_with_cr_ = piece.back() == '\r';
  while (true) {
    size_t dot = piece.find("\n.");
    if (dot == absl::string_view::npos) break;
    out->append(piece.data(), dot + 2);
    out->push_back('.');
    piece.remove_prefix(dot + 2);
  }
  out->append(piece.data(), piece.size());
}

void DotStuffer::Finish(std::string* out) {
  if (at_line_start_) return;
  out->append(ends_with_cr_ ? "\n" : "\r\n");
}

}  // namespace restante::pop3
