#ifndef RESTANTE_TESTS_BENCH_LOAD_LMTP_CONNECTION_H_
#define RESTANTE_TESTS_BENCH_LOAD_LMTP_CONNECTION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tests/bench/load/mail_stream.h"

namespace restante::load {

// An LMTP client (RFC 2033); a reply that does not begin with 2, or 3 ahead of the mail, ends the
// process (Fail). One thread.
class LmtpConnection {
 public:
  // Connects, reads the greeting and says LHLO.
  explicit LmtpConnection(const Endpoint& endpoint);

  // Delivers a mail whose lines end with CRLF; returns after the 250 behind it. The envelope's
  // commands go out together (RFC 2920).
  void Deliver(absl::string_view recipient, absl::string_view mail);

 private:
  void Expect(char first_digit);

  MailStream stream_;
};

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_LMTP_CONNECTION_H_
