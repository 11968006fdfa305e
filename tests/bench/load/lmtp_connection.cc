#include "tests/bench/load/lmtp_connection.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/bench/load/fault.h"

namespace restante::load {

LmtpConnection::LmtpConnection(const Endpoint& endpoint) : stream_(endpoint) {
  Expect('2');
  stream_.Send("LHLO load.example.net\r\n");
  Expect('2');
}

void LmtpConnection::Expect(char first_digit) {
  absl::string_view line;
  do {
    line = stream_.ReadLine();
    if (line.size() < 3 || line[0] != first_digit) Fail(absl::StrCat("the server says ", line));
  } while (line.size() > 3 && line[3] == '-');
}

void LmtpConnection::Deliver(absl::string_view recipient, absl::string_view mail) {
  stream_.Send(
      absl::StrCat("MAIL FROM:<sender@example.net>\r\nRCPT TO:<", recipient, ">\r\nDATA\r\n"));
  Expect('2');
  Expect('2');
  Expect('3');
  stream_.Send(absl::StrCat(absl::StrReplaceAll(mail, {{"\n.", "\n.."}}), ".\r\n"));
  Expect('2');
}

}  // namespace restante::load
