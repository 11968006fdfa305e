#include "tests/bench/load/paced_run.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace restante::load {

Outcome RunPaced(Pace pace, size_t units, const std::function<UnitRunner(size_t)>& make_runner) {
  using Clock = std::chrono::steady_clock;
  std::vector<Outcome> outcomes(pace.connections);
  std::atomic<size_t> next = 0;
  std::latch connected(static_cast<std::ptrdiff_t>(pace.connections));
  auto work = [&](size_t thread) {
    UnitRunner run = make_runner(thread);
    connected.arrive_and_wait();
    const Clock::time_point start = Clock::now();
    Outcome& outcome = outcomes[thread];
    for (size_t number; (number = next.fetch_add(1)) < units;) {
      Clock::time_point begun = Clock::now();
      if (pace.rate > 0) {
        std::chrono::duration<double> after(static_cast<double>(number) / pace.rate);
        begun = start + std::chrono::duration_cast<Clock::duration>(after);
        std::this_thread::sleep_until(begun);
      }
      outcome.octets += run(number);
      outcome.latency.Record(Clock::now() - begun);
      ++outcome.units;
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < pace.connections; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  Outcome all;
  for (const Outcome& outcome : outcomes) all.Add(outcome);
  return all;
}

}  // namespace restante::load
