#ifndef RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_
#define RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/app/file_watch.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/net/event_loop.h"
#include "pop3-frontend/app/config.h"

namespace restante::pop3 {

// Reads the configuration file again when it changes, and when told to.
// What may change in a running program is applied: the keys below "clients" but for the read-ahead,
// "ntlm_ready_is_ok", "drain_grace" and "log.level". Other keys that changed are named in the log
// as waiting for a restart. A file with a fault changes nothing and is logged.
class ConfigReloader {
 public:
  // `apply` runs on the loop's thread or in ReloadNow, one at a time. Everything outlives the
  // reloader.
  ConfigReloader(const Config& running, net::EventLoop* loop, const log::Logger& logger,
                 std::function<void(const Config& fresh)> apply);

  // Thread-safe.
  void ReloadNow();
  absl::Duration drain_grace();

 private:
  void Reload() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(const Config& fresh) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const log::Logger& logger_;
  const std::function<void(const Config& fresh)> apply_;
  const std::string path_;
  Mutex mutex_;
  // What was read at the start; what needs a restart is held against it.
  const Config started_with_;
  Config running_ ABSL_GUARDED_BY(mutex_);
  app::FileWatch watch_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_
