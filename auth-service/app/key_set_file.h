#ifndef RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_
#define RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth-service/oauth/key_set.h"
#include "common/base/mutex.h"

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

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_KEY_SET_FILE_H_
