#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_DOT_STUFFER_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_DOT_STUFFER_H_

#include <string>

namespace restante::pop3 {

// Makes the text of one message fit for a multi-line reply (RFC 1939 section 3): a dot at the
// start of a line is doubled. Takes the text in pieces of any size. One for each message.
class DotStuffer {
 public:
  // The stuffed piece; the same memory when no line of it begins with a dot.
  std::string Stuff(std::string piece);

  // To be called after the last piece, with what Stuff made of it: ends the last line when the text
  // did not. The final dot is not its business: the session says it once the text is known to be
  // whole.
  void Finish(std::string* out);

 private:
  bool at_line_start_ = true;
  bool ends_with_cr_ = false;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_DOT_STUFFER_H_
