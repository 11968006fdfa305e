#ifndef RESTANTE_AUTH_SERVICE_APP_DIRECTORY_SWEEPER_H_
#define RESTANTE_AUTH_SERVICE_APP_DIRECTORY_SWEEPER_H_

#include "absl/time/time.h"
#include "auth-service/directory/directory.h"
#include "common/app/interval_thread.h"
#include "common/base/clock.h"
#include "common/log/logger.h"

namespace restante::logon {

// Purges accounts whose deletion has expired and drops old audit entries, once at the beginning and
// then every hour, on a thread of its own. What fails is logged and tried again at the next hour.
// Lives in app.cc.
class DirectorySweeper {
 public:
  // All but the duration outlive it.
  DirectorySweeper(directory::Directory* directory, absl::Duration audit_retention,
                   const Clock& clock, const log::Logger& logger);

 private:
  void PurgeAccounts();
  void TrimAudit();

  directory::Directory& directory_;
  const absl::Duration audit_retention_;
  const Clock& clock_;
  const log::Logger& logger_;
  app::IntervalThread thread_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_DIRECTORY_SWEEPER_H_
