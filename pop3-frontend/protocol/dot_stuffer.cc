#include "pop3-frontend/protocol/dot_stuffer.h"

#include <cstddef>

#include "absl/strings/string_view.h"

namespace restante::pop3 {
namespace {

// The first "\n." of `text`, or npos. Looks for the dot, because most lines have none at all.
size_t FindDotLine(absl::string_view text) {
  for (size_t dot = text.find('.', 1); dot != absl::string_view::npos;
       dot = text.find('.', dot + 1)) {
    if (text[dot - 1] == '\n') return dot - 1;
  }
  return absl::string_view::npos;
}

}  // namespace

std::string DotStuffer::Stuff(std::string piece) {
  if (piece.empty()) return piece;
  bool dot_first = at_line_start_ && piece.front() == '.';
  at_line_start_ = piece.back() == '\n';
  ends_with_cr_ = piece.back() == '\r';
  size_t dot = FindDotLine(piece);
  if (!dot_first && dot == absl::string_view::npos) return piece;
  std::string out;
  if (dot_first) out.push_back('.');
  absl::string_view rest = piece;
  for (; dot != absl::string_view::npos; dot = FindDotLine(rest)) {
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
