#ifndef RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_RETENTION_H_
#define RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_RETENTION_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/interval_thread.h"
#include "common/audit/entry.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

struct RetentionRun {
  std::string mailbox_id;  // empty: every mailbox
  bool validate_only = false;
  audit::Author author;  // who deletes
};

struct RetentionTotals {
  int64_t mailboxes = 0;  // looked through
  int64_t in_use = 0;     // left alone, because a session had them
  MessageTotals seen;
  MessageTotals expired;
};

// Deletes what the mailboxes' retention keeps no longer, or only counts it. CANCELLED once
// `go_on`, asked after each batch of messages, says no; what was deleted until then stays deleted.
absl::StatusOr<RetentionTotals> ApplyRetention(
    Mailstore& store, const RetentionRun& run,
    const std::function<bool(const RetentionTotals&)>& go_on);

// Applies retention to every mailbox at an interval, on a thread of its own. A round that fails is
// logged, and the next one tries again. Lives in app.cc.
class RetentionRounds {
 public:
  // All but the interval outlive it.
  RetentionRounds(absl::Duration interval, Mailstore& store, metrics::Registry& registry,
                  const log::Logger& logger);

 private:
  void RunOnce(app::IntervalThread& thread);

  Mailstore& store_;
  const metrics::Counter deleted_;
  const metrics::CounterFamily rounds_;
  const log::Logger& logger_;
  app::IntervalThread thread_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_RETENTION_H_
