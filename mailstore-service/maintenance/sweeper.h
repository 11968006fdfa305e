#ifndef RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_
#define RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_

#include <cstddef>
#include <thread>

#include "absl/time/time.h"
#include "common/base/mutex.h"
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
  // All outlive it.
  Sweeper(SweeperOptions options, Mailstore& store, metrics::Registry& registry,
          const log::Logger& logger);
  // Waits for the batch under way.
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

 private:
  void Run();
  void SweepOnce();
  // False when it is time to end.
  bool Wait(absl::Duration longest);

  const SweeperOptions options_;
  Mailstore& store_;
  const metrics::Counter removed_;
  const metrics::CounterFamily rounds_;
  const log::Logger& logger_;
  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_SWEEPER_H_
