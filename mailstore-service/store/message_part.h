#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_PART_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_PART_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// Cuts the part that a MessageRead asks for out of a text that comes in pieces: first TOP's lines,
// then the offset. One for each read.
class MessagePart {
 public:
  explicit MessagePart(const MessageRead& read);

  // What of `piece` belongs to the part.
  absl::string_view Take(absl::string_view piece);

  // No later piece has anything of it: TOP's lines are over.
  bool IsWhole() const { return !all_ && !in_header_ && body_lines_left_ == 0; }

 private:
  absl::string_view CutTop(absl::string_view piece);

  bool all_;  // no TOP
  bool in_header_ = true;
  bool line_is_empty_ = true;  // nothing but CR since the line began
  int64_t body_lines_left_;
  int64_t skip_octets_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_PART_H_
