#ifndef RESTANTE_MAILSTORE_SERVICE_APP_STORE_WATCH_H_
#define RESTANTE_MAILSTORE_SERVICE_APP_STORE_WATCH_H_

#include "common/app/operator_endpoints.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "mailstore-service/store/store_observer.h"

namespace restante::mailstore {

// Tells the operator what the store found: by log line, by metric, and by readiness, which a store
// that failed loses for good. Thread-safe.
class StoreWatch : public StoreObserver {
 public:
  // All outlive it.
  StoreWatch(app::OperatorEndpoints& endpoints, metrics::Registry& registry,
             const log::Logger& logger);

  // Ready, unless the store has failed or this was called with false before.
  void SetServing(bool serving);
  bool IsServing();

  void OnDamagedMessage(absl::string_view mailbox_id, uint64_t message_id) override;
  void OnDamagedFile(absl::string_view name, int64_t mended_pages, int64_t damaged_pages) override;
  void OnFailed(absl::string_view why) override;

 private:
  app::OperatorEndpoints& endpoints_;
  const metrics::Counter damaged_;
  const metrics::Counter mended_pages_;
  const metrics::Counter damaged_pages_;
  const log::Logger& logger_;
  Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_APP_STORE_WATCH_H_
