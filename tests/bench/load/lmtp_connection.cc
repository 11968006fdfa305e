#include "tests/bench/load/lmtp_connection.h"

#include <atomic>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/bench/load/fault.h"

namespace restante::load {
namespace {

// Another one each time, as mailing lists have: the same mail from the same sender would be taken
// for a repeat, and not stored.
std::string NextSender() {
  static std::atomic<uint64_t> count{0};
  static const int64_t run = absl::ToUnixNanos(absl::Now());
  return absl::StrCat("load+", run, ".", ++count, "@example.net");
}

}  // namespace

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
      absl::StrCat("MAIL FROM:<", NextSender(), ">\r\nRCPT TO:<", recipient, ">\r\nDATA\r\n"));
  Expect('2');
  Expect('2');
  Expect('3');
  stream_.Send(absl::StrCat(absl::StrReplaceAll(mail, {{"\n.", "\n.."}}), ".\r\n"));
  Expect('2');
}

}  // namespace restante::load
