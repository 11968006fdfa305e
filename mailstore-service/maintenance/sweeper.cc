#include "mailstore-service/maintenance/sweeper.h"

#include <utility>

namespace restante::mailstore {

Sweeper::Sweeper(SweeperOptions options, Sweep sweep, metrics::Registry& registry,
                 const log::Logger& logger)
    : batch_(options.batch),
      sweep_(std::move(sweep)),
      removed_(
          registry
              .Counters("restante_mailstore_swept_records_total",
                        "Delivery ids, outcomes, and deleted messages and mailboxes removed when "
                        "their time was over.")
              .With()),
      rounds_(registry.Counters("restante_mailstore_sweeps_total",
                                "Rounds through the store, by outcome.")),
      logger_(logger),
      thread_(options.interval, /*at_once=*/false,
              [this](app::IntervalThread& thread) { RunOnce(thread); }) {}

void Sweeper::RunOnce(app::IntervalThread& thread) {
  // Between batches calls of clients come first.
  constexpr absl::Duration kBreather = absl::Milliseconds(1);
  size_t removed = 0;
  do {
    const absl::StatusOr<SweepResult> swept = sweep_(batch_);
    if (!swept.ok()) {
      rounds_.With({{"outcome", "failed"}}).Add();
      logger_.Warn("sweep_failed", {{"error", swept.status().ToString()}});
      return;
    }
    removed += swept->removed;
    removed_.Add(static_cast<double>(swept->removed));
    if (swept->round_done) {
      rounds_.With({{"outcome", "ok"}}).Add();
      logger_.Debug("swept", {{"removed", removed}});
      return;
    }
  } while (thread.Wait(kBreather));
}

}  // namespace restante::mailstore
