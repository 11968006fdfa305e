#ifndef RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_
#define RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_

#include <sys/types.h>

#include <ctime>
#include <functional>
#include <tuple>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/net/event_loop.h"
#include "pop3-frontend/app/config.h"

namespace restante::pop3 {

// Reads the configuration file again when it changes, looking every five seconds, and when told to.
// What may change in a running program is applied: the keys below "clients" but for the read-ahead,
// "ntlm_ready_is_ok", "drain_grace" and "log.level". Other keys that changed are named in the log
// as waiting for a restart. A file with a fault changes nothing and is logged.
class ConfigReloader {
 public:
  // `apply` runs on the loop's thread or in ReloadNow, one at a time. Everything outlives the
  // reloader.
  ConfigReloader(const Config& running, net::EventLoop* loop, const log::Logger& logger,
                 std::function<void(const Config& fresh)> apply);
  // Not on the loop.
  ~ConfigReloader();
  ConfigReloader(const ConfigReloader&) = delete;
  ConfigReloader& operator=(const ConfigReloader&) = delete;

  // Thread-safe.
  void ReloadNow();
  absl::Duration drain_grace();

 private:
  // Differs when the file was written or replaced.
  using Stamp = std::tuple<dev_t, ino_t, off_t, time_t, decltype(timespec::tv_nsec)>;

  Stamp StampOfFile() const;
  void Schedule();
  void ReloadIfChanged();
  void Reload() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(const Config& fresh) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  net::EventLoop& loop_;
  const log::Logger& logger_;
  const std::function<void(const Config& fresh)> apply_;
  const std::string path_;
  Mutex mutex_;
  // What was read at the start; what needs a restart is held against it.
  const Config started_with_;
  Config running_ ABSL_GUARDED_BY(mutex_);
  Stamp stamp_ ABSL_GUARDED_BY(mutex_);
  net::Timer timer_;  // on the loop
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_CONFIG_RELOADER_H_
