#include "mailstore-service/maintenance/sweeper.h"

namespace restante::mailstore {

Sweeper::Sweeper(SweeperOptions options, Mailstore& store, metrics::Registry& registry,
                 const log::Logger& logger)
    : options_(options),
      store_(store),
      removed_(
          registry
              .Counters("restante_mailstore_swept_records_total",
                        "Delivery ids, outcomes and deleted messages removed when their time was "
                        "over.")
              .With()),
      rounds_(registry.Counters("restante_mailstore_sweeps_total",
                                "Rounds through the store, by outcome.")),
      logger_(logger),
      thread_([this] { Run(); }) {}

Sweeper::~Sweeper() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

bool Sweeper::Wait(absl::Duration longest) {
  MutexLock lock(&mutex_);
  if (!ending_) changed_.WaitFor(&mutex_, longest);
  return !ending_;
}

void Sweeper::Run() {
  while (Wait(options_.interval)) SweepOnce();
}

void Sweeper::SweepOnce() {
  // Between batches calls of clients come first.
  constexpr absl::Duration kBreather = absl::Milliseconds(1);
  size_t removed = 0;
  do {
    const absl::StatusOr<SweepResult> swept = store_.Sweep(options_.batch);
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
  } while (Wait(kBreather));
}

}  // namespace restante::mailstore
