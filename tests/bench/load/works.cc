#include "tests/bench/load/works.h"

#include <deque>
#include <iostream>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/bench/load/checked_message.h"
#include "tests/bench/load/fault.h"
#include "tests/bench/load/lmtp_connection.h"
#include "tests/bench/load/paced_run.h"

namespace restante::load {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string Numbered(const std::string& text, size_t number) {
  return absl::StrReplaceAll(text, {{"{}", absl::StrCat(number)}});
}

}  // namespace

Pop3User Accounts::User(size_t number) const {
  return {
      .name = Numbered(user, number % count), .domain = domain, .password = password, .ntlm = ntlm};
}

std::string Accounts::Recipient(size_t number) const { return Numbered(recipient, number % count); }

void Outcome::Add(const Outcome& other) {
  units += other.units;
  octets += other.octets;
  latency.Add(other.latency);
}

Outcome Deliver(const Endpoint& lmtp, const Accounts& accounts, Pace pace, size_t messages,
                size_t octets) {
  // Few texts for many deliveries: making each would cost more than delivering it.
  constexpr size_t kTexts = 16;
  std::vector<std::string> texts;
  for (size_t i = 0; i < kTexts; ++i) texts.push_back(MakeCheckedMessage(i, octets));
  return RunPaced(pace, messages, [&](size_t) -> UnitRunner {
    auto connection = std::make_shared<LmtpConnection>(lmtp);
    return [&, connection](size_t number) {
      const std::string& text = texts[number % kTexts];
      connection->Deliver(accounts.Recipient(number), text);
      return uint64_t{text.size()};
    };
  });
}

Outcome SendCommands(const Endpoint& pop3, const Accounts& accounts, size_t batches, size_t batch) {
  constexpr absl::string_view kCommands[] = {"NOOP\r\n", "STAT\r\n", "LIST 1\r\n"};
  Pop3Connection connection(pop3);
  connection.LogOn(accounts.User(0));
  MaildropSize size = connection.Stat();
  uint64_t first = connection.List(size).at(0);
  const std::string stat = absl::StrCat(size.messages, " ", size.octets);
  const std::string list = absl::StrCat("1 ", first);
  std::string all;
  for (size_t i = 0; i < batch; ++i) absl::StrAppend(&all, kCommands[i % std::size(kCommands)]);
  Outcome outcome;
  for (size_t i = 0; i < batches; ++i) {
    auto begun = SteadyClock::now();
    connection.stream().Send(all);
    for (size_t j = 0; j < batch; ++j) {
      absl::string_view said = connection.ReadOk();
      size_t which = j % std::size(kCommands);
      if ((which == 1 && said != stat) || (which == 2 && said != list)) {
        Fail(absl::StrCat("a wrong answer to ", kCommands[which], said));
      }
    }
    outcome.latency.Record(SteadyClock::now() - begun);
  }
  connection.Quit();
  outcome.units = batches * batch;
  return outcome;
}

Outcome Retrieve(const Endpoint& pop3, const Accounts& accounts, size_t passes, size_t in_flight) {
  Outcome outcome;
  for (size_t pass = 0; pass < passes; ++pass) {
    Pop3Connection connection(pop3);
    connection.LogOn(accounts.User(0));
    std::vector<uint64_t> sizes = connection.List(connection.Stat());
    std::deque<SteadyClock::time_point> asked;
    size_t next = 0;
    for (uint64_t octets : sizes) {
      for (; next < sizes.size() && asked.size() < in_flight; ++next) {
        asked.push_back(SteadyClock::now());
        connection.SendRetrieve(next + 1);
      }
      outcome.octets += connection.ReceiveMessage(octets);
      outcome.latency.Record(SteadyClock::now() - asked.front());
      asked.pop_front();
    }
    connection.Quit();
    outcome.units += sizes.size();
  }
  return outcome;
}

Outcome HoldSessions(const Endpoint& pop3, const Accounts& accounts, Pace pace, size_t sessions,
                     SessionSteps steps) {
  if (accounts.count < pace.connections) Fail("fewer accounts than connections");
  return RunPaced(pace, sessions, [&](size_t runner) -> UnitRunner {
    return [&, runner, turn = size_t{0}](size_t) mutable {
      // Each connection has accounts of its own.
      size_t own = (accounts.count - runner + pace.connections - 1) / pace.connections;
      size_t account = runner + (turn++ % own) * pace.connections;
      Pop3Connection connection(pop3);
      connection.LogOn(accounts.User(account));
      MaildropSize size = connection.Stat();
      if (steps.uidl) connection.Uidl(size);
      std::vector<uint64_t> sizes;
      if (steps.retrieve) sizes = connection.List(size);
      uint64_t octets = 0;
      for (size_t i = 0; i < sizes.size(); ++i) {
        connection.SendRetrieve(i + 1);
        octets += connection.ReceiveMessage(sizes[i]);
      }
      for (size_t i = 0; steps.remove && i < size.messages; ++i) connection.Delete(i + 1);
      connection.Quit();
      return octets;
    };
  });
}

Outcome StayIdle(const Endpoint& pop3, const Accounts& accounts, size_t connections, bool log_on) {
  if (log_on && accounts.count < connections) Fail("fewer accounts than connections");
  std::vector<std::unique_ptr<Pop3Connection>> idle;
  for (size_t i = 0; i < connections; ++i) {
    idle.push_back(std::make_unique<Pop3Connection>(pop3));
    if (log_on) idle.back()->LogOn(accounts.User(i));
    idle.back()->stream().KeepSocketOnly();
  }
  std::cout << "ready" << std::endl;
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  Outcome outcome;
  outcome.units = connections;
  return outcome;
}

}  // namespace restante::load
