#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_DATA_DECODER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_DATA_DECODER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::lmtp {

// Turns what follows DATA into the text of the message (RFC 5321 section 4.5.2): finds its end,
// takes stuffed dots off. Only CRLF ends a line, and so only CRLF.CRLF the message. A CR or LF
// alone is written as CRLF and reported, but what follows it is no beginning of a line: its dot is
// not stuffed and ends nothing. One for each message; holds no text; not thread-safe.
class DataDecoder {
 public:
  // Takes octets off the front of `octets`, all or those up to the end of the message, and appends
  // to `text` what they say: at most twice as many and two. Not after ended().
  void Decode(absl::string_view* octets, std::string* text);

  // The final dot's line has been taken.
  bool ended() const { return state_ == State::kEnded; }

  // Whether there was a CR or LF that was not part of a CRLF.
  bool saw_bare_line_end() const { return saw_bare_line_end_; }

 private:
  enum class State {
    kLineStart,  // behind a CRLF, or at the message's beginning
    kText,       // within a line
    kCr,         // within a line, behind a CR
    kDot,        // behind the dot that begins a line
    kDotCr,      // behind that dot and a CR
    kEnded,
  };

  void DecodeOctet(char octet, std::string* text);
  void DecodeText(char octet, std::string* text);
  void EndLineBare(std::string* text);

  State state_ = State::kLineStart;
  bool saw_bare_line_end_ = false;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_DATA_DECODER_H_
