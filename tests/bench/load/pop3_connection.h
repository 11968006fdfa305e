#ifndef RESTANTE_TESTS_BENCH_LOAD_POP3_CONNECTION_H_
#define RESTANTE_TESTS_BENCH_LOAD_POP3_CONNECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/bench/load/mail_stream.h"

namespace restante::load {

// Who logs on.
struct Pop3User {
  std::string name;      // for USER
  std::string domain;    // for NTLM
  std::string password;  // a benchmark's own, no secret
  bool ntlm = false;     // AUTH NTLM in place of USER and PASS
};

struct MaildropSize {
  uint64_t messages = 0;
  uint64_t octets = 0;
};

// A POP3 client (RFC 1939) that holds what it is told against what it knows: any reply but the
// expected one ends the process (Fail). One thread.
class Pop3Connection {
 public:
  // Connects and reads the greeting.
  explicit Pop3Connection(const Endpoint& endpoint);

  void LogOn(const Pop3User& user);
  MaildropSize Stat();
  // The sizes of the messages, from the first on; their number and sum must be `expected`.
  std::vector<uint64_t> List(MaildropSize expected);
  // Unique-ids must be there for each of `expected`, and no two alike.
  void Uidl(MaildropSize expected);
  void SendRetrieve(size_t number);
  // The answer to a SendRetrieve: a mail of so many octets, and intact. Returns its octets.
  uint64_t ReceiveMessage(uint64_t octets);
  void Delete(size_t number);
  void Quit();

  // "+OK ..." or Fail; the text behind it.
  absl::string_view ReadOk();
  MailStream& stream() { return stream_; }

 private:
  absl::string_view Command(absl::string_view line);
  void LogOnByNtlm(const Pop3User& user);

  MailStream stream_;
};

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_POP3_CONNECTION_H_
