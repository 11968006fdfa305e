#include "tests/bench/load/pop3_connection.h"

#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/bench/load/checked_message.h"
#include "tests/bench/load/fault.h"
#include "tests/support/ntlm_client.h"

namespace restante::load {
namespace {

// "NUMBER REST" of a listing's line, which must be that of message `number`.
absl::string_view RestOfLine(absl::string_view line, size_t number) {
  std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits(' ', 1));
  size_t said = 0;
  if (!absl::SimpleAtoi(parts.first, &said) || said != number || parts.second.empty()) {
    Fail(absl::StrCat("line ", number, " of a listing is \"", line, "\""));
  }
  return parts.second;
}

uint64_t Number(absl::string_view text) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) Fail(absl::StrCat("not a number: \"", text, "\""));
  return number;
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  return absl::StrSplit(absl::StripSuffix(text, "\r\n"), "\r\n", absl::SkipEmpty());
}

}  // namespace

Pop3Connection::Pop3Connection(const Endpoint& endpoint) : stream_(endpoint) { ReadOk(); }

absl::string_view Pop3Connection::ReadOk() {
  absl::string_view line = stream_.ReadLine();
  if (!absl::ConsumePrefix(&line, "+OK")) Fail(absl::StrCat("the server says ", line));
  absl::ConsumePrefix(&line, " ");
  return line;
}

absl::string_view Pop3Connection::Command(absl::string_view line) {
  stream_.Send(absl::StrCat(line, "\r\n"));
  return ReadOk();
}

void Pop3Connection::LogOn(const Pop3User& user) {
  if (user.ntlm) return LogOnByNtlm(user);
  Command(absl::StrCat("USER ", user.name));
  Command(absl::StrCat("PASS ", user.password));
}

void Pop3Connection::LogOnByNtlm(const Pop3User& user) {
  NtlmClient client;
  client.user = user.name;
  client.domain = user.domain;
  client.password = user.password;
  std::string negotiate = client.Negotiate(), challenge;
  stream_.Send(absl::StrCat("AUTH NTLM ", absl::Base64Escape(negotiate), "\r\n"));
  absl::string_view line = stream_.ReadLine();
  if (!absl::ConsumePrefix(&line, "+ ") || !absl::Base64Unescape(line, &challenge)) {
    Fail(absl::StrCat("no challenge but ", line));
  }
  Command(absl::Base64Escape(client.Authenticate(negotiate, challenge)));
}

MaildropSize Pop3Connection::Stat() {
  std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(Command("STAT"), absl::MaxSplits(' ', 1));
  return {.messages = Number(parts.first), .octets = Number(parts.second)};
}

std::vector<uint64_t> Pop3Connection::List(MaildropSize expected) {
  Command("LIST");
  std::vector<uint64_t> sizes;
  for (absl::string_view line : Lines(stream_.ReadLinesToDot())) {
    sizes.push_back(Number(RestOfLine(line, sizes.size() + 1)));
  }
  uint64_t sum = std::accumulate(sizes.begin(), sizes.end(), uint64_t{0});
  if (sizes.size() != expected.messages || sum != expected.octets) {
    Fail(absl::StrCat("STAT says ", expected.messages, " ", expected.octets, ", LIST has ",
                      sizes.size(), " ", sum));
  }
  return sizes;
}

void Pop3Connection::Uidl(MaildropSize expected) {
  Command("UIDL");
  std::set<absl::string_view> ids;
  size_t number = 0;
  for (absl::string_view line : Lines(stream_.ReadLinesToDot())) {
    if (!ids.insert(RestOfLine(line, ++number)).second) Fail(absl::StrCat("twice in UIDL: ", line));
  }
  if (number != expected.messages) {
    Fail(absl::StrCat("STAT says ", expected.messages, ", UIDL has ", number));
  }
}

void Pop3Connection::SendRetrieve(size_t number) {
  stream_.Send(absl::StrCat("RETR ", number, "\r\n"));
}

uint64_t Pop3Connection::ReceiveMessage(uint64_t octets) {
  ReadOk();
  absl::string_view message = stream_.ReadLinesToDot();
  if (message.size() != octets) {
    Fail(absl::StrCat("LIST says ", octets, " octets, RETR gives ", message.size()));
  }
  if (!IsIntact(message)) Fail("a message is not what was delivered");
  return octets;
}

void Pop3Connection::Delete(size_t number) { Command(absl::StrCat("DELE ", number)); }

void Pop3Connection::Quit() { Command("QUIT"); }

}  // namespace restante::load
