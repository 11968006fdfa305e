#ifndef RESTANTE_AUTH_SERVICE_APP_ATTEMPT_RECORD_H_
#define RESTANTE_AUTH_SERVICE_APP_ATTEMPT_RECORD_H_

#include "auth-service/logon/attempt.h"
#include "auth-service/logon/recent_attempts.h"
#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"

namespace restante::logon {

// Logs each attempt, counts it, and remembers it for ExplainLogon. Thread-safe.
class AttemptRecord : public AttemptObserver {
 public:
  // All four outlive this.
  AttemptRecord(RecentAttempts* recent, const log::Logger& logger, metrics::Registry* registry,
                const Clock& clock);

  void OnAttempt(const Attempt& attempt) override;

 private:
  RecentAttempts& recent_;
  const log::Logger& logger_;
  const metrics::CounterFamily attempts_;
  const metrics::HistogramFamily decisions_;
  const Clock& clock_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_ATTEMPT_RECORD_H_
