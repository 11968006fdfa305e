#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_OPTIONS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace restante::lmtp {

// What is done with a message that has a CR or LF which is not part of a CRLF. Never do such octets
// end a line for the protocol: taking LF.LF for the end of a message where another server does not
// is what SMTP smuggling lives on.
enum class BareLineEnds {
  kRefuse,     // 554 5.6.0 for every recipient, nothing is stored
  kNormalise,  // each becomes CRLF in what is stored
};

// What is settled before a session begins.
struct SessionOptions {
  // Of this server, in the greeting.
  std::string host_name = "localhost";
  BareLineEnds bare_line_ends = BareLineEnds::kRefuse;
  // Of one message without stuffed dots, as RFC 1870 counts.
  int64_t max_message_octets = int64_t{64} << 20;
  // Accepted in one transaction; RFC 5321 section 4.5.3.1.8 asks for at least 100.
  size_t max_recipients = 1000;
  // Commands that end the connection when reached, so that nobody holds one for ever.
  int64_t max_commands = 100'000;
  // Commands refused for their form or their place, likewise. Unknown recipients do not count.
  int max_errors = 20;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_OPTIONS_H_
