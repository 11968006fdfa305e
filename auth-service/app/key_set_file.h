#ifndef RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_
#define RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth-service/oauth/key_set.h"
#include "common/app/file_watch.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/net/event_loop.h"

namespace restante::logon {

// A token issuer's keys as a file has them (RFC 7517), read again when told to. Thread-safe.
class KeySetFile : public oauth::KeySource {
 public:
  // INVALID_ARGUMENT, naming the file, for one that cannot be read or is no key set.
  static absl::StatusOr<std::unique_ptr<KeySetFile>> Load(std::string path);

  std::shared_ptr<const oauth::KeySet> Current() override;

  // As Load. On an error the present keys stay in use.
  absl::Status Reload();

 private:
  explicit KeySetFile(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  Mutex mutex_;
  std::shared_ptr<const oauth::KeySet> current_ ABSL_GUARDED_BY(mutex_);
};

// Has a file of keys read again when it changes, and when told to. A fault is logged, and the keys
// before stay in use.
class KeySetReloader {
 public:
  // `file` may be null, and then nothing happens. Both pointers outlive the reloader.
  KeySetReloader(KeySetFile* file, const std::string& path, const log::Logger& logger);

  // Thread-safe.
  void ReloadNow() const;

 private:
  KeySetFile* const file_;
  const log::Logger& logger_;
  std::optional<net::EventLoopGroup> loops_;
  std::optional<app::FileWatch> watch_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_
