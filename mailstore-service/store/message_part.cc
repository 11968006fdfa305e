#include "mailstore-service/store/message_part.h"

#include <algorithm>

namespace restante::mailstore {

MessagePart::MessagePart(const MessageRead& read)
    : all_(!read.top_lines.has_value()),
      body_lines_left_(read.top_lines.value_or(0)),
      skip_octets_(read.offset_octets) {}

absl::string_view MessagePart::Take(absl::string_view piece) {
  absl::string_view part = all_ ? piece : CutTop(piece);
  auto skipped =
      static_cast<size_t>(std::min<int64_t>(skip_octets_, static_cast<int64_t>(part.size())));
  skip_octets_ -= static_cast<int64_t>(skipped);
  return part.substr(skipped);
}

absl::string_view MessagePart::CutTop(absl::string_view piece) {
  for (size_t i = 0; i < piece.size(); ++i) {
    if (!in_header_ && body_lines_left_ == 0) return piece.substr(0, i);
    if (piece[i] != '\n') {
      line_is_empty_ = line_is_empty_ && piece[i] == '\r';
      continue;
    }
    if (!in_header_) --body_lines_left_;
    // The empty line belongs to neither.
    in_header_ = in_header_ && !line_is_empty_;
    line_is_empty_ = true;
  }
  return piece;
}

}  // namespace restante::mailstore
