#ifndef RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_
#define RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/interval_thread.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

struct SweeperOptions {
  absl::Duration interval = absl::Minutes(10);
  // Records that one call of the store looks at: what bounds its time.
  size_t batch = 1000;
};

// Looks through the store at an interval, on a thread of its own, for what is over its time. A
// round that fails is logged, and the next interval tries again. Lives in app.cc.
class Sweeper {
 public:
  // Mailstore::Sweep.
  using Sweep = std::function<absl::StatusOr<SweepResult>(size_t limit)>;

  // The registry, the logger and what `sweep` needs outlive it.
  Sweeper(SweeperOptions options, Sweep sweep, metrics::Registry& registry,
          const log::Logger& logger);

 private:
  void RunOnce(app::IntervalThread& thread);

  const size_t batch_;
  const Sweep sweep_;
  const metrics::Counter removed_;
  const metrics::CounterFamily rounds_;
  const log::Logger& logger_;
  app::IntervalThread thread_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_
