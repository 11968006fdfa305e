#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/bench/load/fault.h"
#include "tests/bench/load/works.h"

namespace restante::load {
namespace {

constexpr char kAbout[] =
    "Loads a POP3 or LMTP server and checks every answer: sizes, checksums, listings. The first\n"
    "wrong one ends the run with status 1. Prints what was done as JSON on standard output.\n"
    "The accounts' password is read from the environment, RESTANTE_LOAD_PASSWORD.";

struct Options {
  Endpoint endpoint;
  Accounts accounts;
  Pace pace;
  SessionSteps steps;
  size_t messages = 1000, octets = 4096, sessions = 1000, passes = 1, in_flight = 1, batches = 1000,
         batch = 100;
  bool log_on = false;
};

void AddAccounts(CLI::App* command, Options* options) {
  command->add_option("--port", options->endpoint.port, "Port of the server")->required();
  command->add_option("--host", options->endpoint.host, "Its IPv4 address")->capture_default_str();
  command->add_option("--accounts", options->accounts.count, "How many accounts there are")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

void AddPop3(CLI::App* command, Options* options) {
  AddAccounts(command, options);
  command->add_option("--tls-ca", options->endpoint.ca,
                      "TLS, with the authorities of this PEM file");
  command
      ->add_option("--server-name", options->endpoint.server_name,
                   "Name in the server's certificate")
      ->capture_default_str();
  command
      ->add_option("--user", options->accounts.user,
                   "User name, {} stands for the account's number")
      ->required();
  command->add_option("--ntlm-domain", options->accounts.domain,
                      "Log on by NTLM, with this domain");
}

void AddPace(CLI::App* command, Options* options) {
  command->add_option("--connections", options->pace.connections, "Connections at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--rate", options->pace.rate,
                   "Units begun each second, whether others are finished or not")
      ->check(CLI::PositiveNumber);
}

using Work = std::function<Outcome()>;

void AddDeliver(CLI::App* app, Options* o, Work* work) {
  CLI::App* command = app->add_subcommand("deliver", "Deliver mail by LMTP");
  AddAccounts(command, o);
  AddPace(command, o);
  command
      ->add_option("--recipient", o->accounts.recipient,
                   "Address, {} stands for the account's number")
      ->required();
  command->add_option("--messages", o->messages, "How many, to the accounts in turn")
      ->capture_default_str();
  command->add_option("--octets", o->octets, "Size of each")->capture_default_str();
  command->final_callback([o, work] {
    *work = [o] { return Deliver(o->endpoint, o->accounts, o->pace, o->messages, o->octets); };
  });
}

void AddCommands(CLI::App* app, Options* o, Work* work) {
  CLI::App* command = app->add_subcommand("commands", "Pipeline small commands in one session");
  AddPop3(command, o);
  command->add_option("--batches", o->batches, "How many batches")->capture_default_str();
  command->add_option("--batch", o->batch, "Commands of each, sent together")
      ->capture_default_str();
  command->final_callback([o, work] {
    *work = [o] { return SendCommands(o->endpoint, o->accounts, o->batches, o->batch); };
  });
}

void AddRetrieve(CLI::App* app, Options* o, Work* work) {
  CLI::App* command = app->add_subcommand("retrieve", "Read all messages of the first account");
  AddPop3(command, o);
  command->add_option("--passes", o->passes, "How often, each in a session of its own")
      ->capture_default_str();
  command->add_option("--in-flight", o->in_flight, "RETR commands under way at a time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->final_callback([o, work] {
    *work = [o] { return Retrieve(o->endpoint, o->accounts, o->passes, o->in_flight); };
  });
}

void AddSessions(CLI::App* app, Options* o, Work* work) {
  CLI::App* command = app->add_subcommand("sessions", "Log on, STAT, QUIT, again and again");
  AddPop3(command, o);
  AddPace(command, o);
  command->add_option("--sessions", o->sessions, "How many")->capture_default_str();
  command->add_flag("--uidl", o->steps.uidl, "UIDL in each");
  command->add_flag("--retrieve", o->steps.retrieve, "LIST, and RETR of all messages, in each");
  command->add_flag("--delete", o->steps.remove, "DELE of all messages in each");
  command->final_callback([o, work] {
    *work = [o] { return HoldSessions(o->endpoint, o->accounts, o->pace, o->sessions, o->steps); };
  });
}

void AddIdle(CLI::App* app, Options* o, Work* work) {
  CLI::App* command = app->add_subcommand(
      "idle", "Hold connections open, after \"ready\" until standard input ends");
  AddPop3(command, o);
  command->add_option("--connections", o->pace.connections, "How many")->capture_default_str();
  command->add_flag("--log-on", o->log_on, "Each logged on, to an account of its own");
  command->final_callback([o, work] {
    *work = [o] { return StayIdle(o->endpoint, o->accounts, o->pace.connections, o->log_on); };
  });
}

void Print(const std::string& name, const Outcome& outcome, double seconds) {
  nlohmann::ordered_json said = {{"work", name},
                                 {"units", outcome.units},
                                 {"octets", outcome.octets},
                                 {"seconds", seconds},
                                 {"latency_us",
                                  {{"p50", outcome.latency.PercentileMicroseconds(0.5)},
                                   {"p99", outcome.latency.PercentileMicroseconds(0.99)},
                                   {"max", outcome.latency.MaxMicroseconds()}}}};
  std::cout << said.dump() << std::endl;
}

int Main(int argc, char** argv) {
  Options options;
  Work work;
  CLI::App app(kAbout, "mail_load");
  app.require_subcommand(1);
  for (auto add : {AddDeliver, AddCommands, AddRetrieve, AddSessions, AddIdle})
    add(&app, &options, &work);
  CLI11_PARSE(app, argc, argv);
  if (const char* password = std::getenv("RESTANTE_LOAD_PASSWORD"))
    options.accounts.password = password;
  options.accounts.ntlm = !options.accounts.domain.empty();
  auto begun = std::chrono::steady_clock::now();
  Outcome outcome = work();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  Print(app.get_subcommands().front()->get_name(), outcome, seconds.count());
  return 0;
}

}  // namespace
}  // namespace restante::load

int main(int argc, char** argv) { return restante::load::Main(argc, argv); }
