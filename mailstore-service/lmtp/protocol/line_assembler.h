#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_LINE_ASSEMBLER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_LINE_ASSEMBLER_H_

#include <cstddef>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

namespace restante::lmtp {

// Puts command lines together from the client's octets. Only CRLF ends a line: a CR or LF alone is
// part of it, so that this server and the one before it never see different commands. One for each
// session, not thread-safe.
class LineAssembler {
 public:
  // RFC 5321 section 4.5.3.1.4 asks for 512 with the line's end, extensions and source routes for
  // more.
  static constexpr size_t kMaxLineOctets = 2046;

  struct NeedMore {};
  struct Line {
    std::string text;  // without its end
  };
  // A line over the limit has ended; what it held is gone.
  struct TooLong {};
  using Result = std::variant<NeedMore, Line, TooLong>;

  // Takes octets off the front of `octets`, at most to the end of one line.
  Result Take(absl::string_view* octets);

 private:
  std::string line_;         // of at most kMaxLineOctets and a CR
  bool too_long_ = false;    // the line is passed over to its end
  bool ends_in_cr_ = false;  // the last octet taken was a CR
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_LINE_ASSEMBLER_H_
