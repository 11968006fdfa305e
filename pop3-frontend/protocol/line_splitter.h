#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_LINE_SPLITTER_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_LINE_SPLITTER_H_

#include <cstddef>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// Cuts the client's octets into lines. A line ends with LF; a CR before it is not part of the line,
// so that people at a terminal and programs that forget the CR are understood. What was consumed is
// wiped, since lines hold passwords. One for each connection, not thread-safe.
class LineSplitter {
 public:
  LineSplitter() = default;
  LineSplitter(const LineSplitter&) = delete;
  LineSplitter& operator=(const LineSplitter&) = delete;
  ~LineSplitter();

  // Takes octets as they came. The caller bounds what it appends before it takes lines out.
  void Append(absl::string_view octets);

  struct NeedMore {};
  // The next line when it is whole and has at most `max_octets` without its end. A longer one is
  // reported once, as soon as it is known to be too long, and passed over to its end.
  std::variant<NeedMore, Line, LineTooLong> Next(size_t max_octets);

  // Memory that it holds: next to none once every line was taken.
  size_t held_octets() const { return buffer_.capacity(); }

  // Octets that no line was made of yet. Not zero after STLS means that the client sent commands
  // ahead of the handshake.
  size_t buffered_octets() const { return buffer_.size() - start_; }

 private:
  void MakeRoom(size_t octets);
  void Consume(size_t octets);

  std::string buffer_;
  size_t start_ = 0;       // what is before it was consumed and wiped
  bool skipping_ = false;  // inside a line that was reported as too long
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_LINE_SPLITTER_H_
