// What the pure parts of the POP3 front end cost by themselves: the floor under what
// tests/bench/compare measures.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/check.h"
#include "pop3-frontend/protocol/dot_stuffer.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/session.h"

namespace restante::pop3 {
namespace {

constexpr int kMessages = 1000;

// A session with a maildrop of kMessages, as a driver without a network keeps it.
class LoggedOn {
 public:
  LoggedOn() {
    session_.SetPolicy(std::make_shared<MechanismPolicy>(
        MechanismPolicy{{MechanismPolicy::Mechanism{"PLAIN", true, false, true}}}));
    session_.Handle(Line{Secret("USER john")}, &effects_);
    session_.Handle(Line{Secret("PASS right")}, &effects_);
    session_.Handle(AuthAccepted{"accounts/a", "john", "m", "mailstore-0", "grant"}, &effects_);
    Opened opened;
    for (uint64_t i = 1; i <= kMessages; ++i) {
      opened.messages.push_back({i, 4096, "0123456789abcdef0123456789abcdef"});
    }
    session_.Handle(std::move(opened), &effects_);
    RESTANTE_CHECK(session_.logged_on());
  }

  // The octets of the answers to what the client pipelined.
  size_t Take(const std::string& pipelined) {
    splitter_.Append(pipelined);
    effects_.clear();
    while (session_.WantsLine()) {
      auto next = splitter_.Next(session_.MaxLineOctets());
      Line* line = std::get_if<Line>(&next);
      if (line == nullptr) break;
      session_.Handle(std::move(*line), &effects_);
    }
    size_t octets = 0;
    for (const Effect& effect : effects_) {
      if (const Send* send = std::get_if<Send>(&effect)) octets += send->text.size();
    }
    return octets;
  }

  size_t Handle(Event event) {
    effects_.clear();
    session_.Handle(std::move(event), &effects_);
    return effects_.size();
  }

 private:
  Session session_{SessionOptions()};
  LineSplitter splitter_;
  std::vector<Effect> effects_;
};

// Items: commands.
void PipelinedCommands(benchmark::State& state) {
  constexpr int kRounds = 100;
  std::string pipelined;
  for (int i = 0; i < kRounds; ++i) pipelined += "NOOP\r\nSTAT\r\nLIST 7\r\nUIDL 7\r\n";
  LoggedOn client;
  RESTANTE_CHECK(client.Take(pipelined) > pipelined.size());
  for (auto _ : state) benchmark::DoNotOptimize(client.Take(pipelined));
  state.SetItemsProcessed(state.iterations() * kRounds * 4);
}
BENCHMARK(PipelinedCommands);

// Items: messages, each of one piece.
void Retrieve(benchmark::State& state) {
  LoggedOn client;
  for (auto _ : state) {
    benchmark::DoNotOptimize(client.Take("RETR 7\r\n"));
    client.Handle(BodyStarted());
    client.Handle(BodyDone());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Retrieve);

// Items: lines of the listing.
void ListUniqueIds(benchmark::State& state) {
  LoggedOn client;
  for (auto _ : state) {
    benchmark::DoNotOptimize(client.Take("UIDL\r\n"));
    // The first piece says that it waits for room; the last one does not.
    while (client.Handle(RoomForMore()) == 2) {
    }
  }
  state.SetItemsProcessed(state.iterations() * kMessages);
}
BENCHMARK(ListUniqueIds);

// A piece of a message as the store gives it; one line in so many begins with a dot, none for 0.
void StuffDots(benchmark::State& state) {
  constexpr size_t kPieceOctets = 262'144;
  std::string piece;
  for (int64_t line = 1; piece.size() < kPieceOctets; ++line) {
    const bool dot = state.range(0) > 0 && line % state.range(0) == 0;
    piece += (dot ? "." : "x") + std::string(75, 'x') + "\r\n";
  }
  for (auto _ : state) {
    DotStuffer stuffer;
    benchmark::DoNotOptimize(stuffer.Stuff(piece));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(piece.size()));
}
BENCHMARK(StuffDots)->Arg(0)->Arg(100)->Arg(1);

}  // namespace
}  // namespace restante::pop3

BENCHMARK_MAIN();
