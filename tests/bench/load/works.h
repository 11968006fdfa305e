#ifndef RESTANTE_TESTS_BENCH_LOAD_WORKS_H_
#define RESTANTE_TESTS_BENCH_LOAD_WORKS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/bench/load/latency_histogram.h"
#include "tests/bench/load/mail_stream.h"
#include "tests/bench/load/pop3_connection.h"

namespace restante::load {

// Accounts that are used in turn: "{}" in a text stands for their number, from 0.
struct Accounts {
  std::string user;  // "CORP\\load{}"
  std::string domain;
  std::string recipient;  // "load{}@corp.example"
  std::string password;
  bool ntlm = false;
  size_t count = 1;

  Pop3User User(size_t number) const;
  std::string Recipient(size_t number) const;
};

// What a work did, added up over its connections.
struct Outcome {
  uint64_t units = 0;
  uint64_t octets = 0;
  LatencyHistogram latency;  // of each unit

  void Add(const Outcome& other);
};

// How much is asked for at a time.
struct Pace {
  // Connections at a time, each with a thread of its own.
  size_t connections = 1;
  // Units for each second in all, begun at fixed times whether the last ones are finished or not,
  // their latency counted from those times; 0: each connection begins the next when one is
  // finished.
  double rate = 0;
};

// Units: deliveries of one message of `octets` octets to each account in turn, by LMTP.
Outcome Deliver(const Endpoint& lmtp, const Accounts& accounts, Pace pace, size_t messages,
                size_t octets);

// Units: commands of a session without a body (NOOP, STAT, LIST 1), `batch` of them in flight, on
// one session of the first account.
Outcome SendCommands(const Endpoint& pop3, const Accounts& accounts, size_t batches, size_t batch);

// Units: messages, `in_flight` RETR at a time; `passes` sessions one after another, on the first
// account.
Outcome Retrieve(const Endpoint& pop3, const Accounts& accounts, size_t passes, size_t in_flight);

// What a session of Sessions does between logon and QUIT, besides STAT.
struct SessionSteps {
  bool uidl = false;
  bool retrieve = false;
  bool remove = false;
};

// Units: sessions, connect to the answer to QUIT, spread over the accounts so that none is used by
// two at a time: there must be as many accounts as connections.
Outcome HoldSessions(const Endpoint& pop3, const Accounts& accounts, Pace pace, size_t sessions,
                     SessionSteps steps);

// Opens idle connections, each greeted, prints "ready" and holds them until standard input ends.
// With `log_on`, each is a session of an account of its own.
Outcome StayIdle(const Endpoint& pop3, const Accounts& accounts, size_t connections, bool log_on);

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_WORKS_H_
