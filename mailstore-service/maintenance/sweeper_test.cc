#include "mailstore-service/maintenance/sweeper.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"

namespace restante::mailstore {
namespace {

TEST(Sweeper, GoesOnToTheRoundsEndAndBeginsAnewAfterAFailure) {
  const std::vector<absl::StatusOr<SweepResult>> answers = {
      SweepResult{3, false}, SweepResult{4, true}, absl::UnavailableError("disk"),
      SweepResult{0, true}};
  size_t next = 0;
  std::promise<void> used_up;
  const auto sweep = [&](size_t limit) -> absl::StatusOr<SweepResult> {
    EXPECT_EQ(limit, 7u);
    if (next == answers.size()) return SweepResult{0, true};
    const absl::StatusOr<SweepResult>& answer = answers[next++];
    if (next == answers.size()) used_up.set_value();
    return answer;
  };
  FakeClock clock;
  metrics::Registry registry;
  std::string lines;
  log::Logger logger("test", log::Level::kInfo, clock,
                     [&lines](absl::string_view line) { lines += std::string(line) + "\n"; });
  {
    Sweeper sweeper({absl::Milliseconds(1), 7}, sweep, registry, logger);
    used_up.get_future().wait();
  }
  const std::string metrics = registry.Render();
  EXPECT_NE(metrics.find("restante_mailstore_swept_records_total 7"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("restante_mailstore_sweeps_total{outcome=\"failed\"} 1"),
            std::string::npos)
      << metrics;
  EXPECT_NE(lines.find("sweep_failed"), std::string::npos);
}

TEST(Sweeper, EndsAtOnce) {
  FakeClock clock;
  metrics::Registry registry;
  log::Logger logger("test", log::Level::kInfo, clock, [](absl::string_view) {});
  Sweeper sweeper(
      {absl::Hours(24), 1}, [](size_t) { return SweepResult(); }, registry, logger);
}

}  // namespace
}  // namespace restante::mailstore
