#ifndef RESTANTE_AUTH_SERVICE_APP_ACCOUNT_PURGER_H_
#define RESTANTE_AUTH_SERVICE_APP_ACCOUNT_PURGER_H_

#include <thread>

#include "auth-service/directory/directory.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"

namespace restante::logon {

// Purges accounts whose deletion has expired, once at the beginning and then every hour, on a
// thread of its own. What fails is logged and tried again at the next hour. Lives in app.cc.
class AccountPurger {
 public:
  // Both outlive it.
  AccountPurger(directory::Directory* directory, const log::Logger& logger);
  ~AccountPurger();
  AccountPurger(const AccountPurger&) = delete;
  AccountPurger& operator=(const AccountPurger&) = delete;

 private:
  void Run();
  void PurgeOnce();

  directory::Directory& directory_;
  const log::Logger& logger_;
  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_ACCOUNT_PURGER_H_
