#ifndef RESTANTE_COMMON_NET_TLS_CONTEXT_SOURCE_H_
#define RESTANTE_COMMON_NET_TLS_CONTEXT_SOURCE_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/net/tls_context.h"

namespace restante::net {

// The TLS context for new connections, replaced when its files are read again. Thread-safe.
class TlsContextSource {
 public:
  // As TlsContext::Load.
  static absl::StatusOr<std::unique_ptr<TlsContextSource>> Load(TlsSettings settings);

  std::shared_ptr<const TlsContext> Current() const {
    MutexLock lock(&mutex_);
    return current_;
  }

  // Reads all files again. On an error the present context stays in use.
  absl::Status Reload();

 private:
  TlsContextSource(TlsSettings settings, std::shared_ptr<const TlsContext> first)
      : settings_(std::move(settings)), current_(std::move(first)) {}

  const TlsSettings settings_;
  mutable Mutex mutex_;
  std::shared_ptr<const TlsContext> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_TLS_CONTEXT_SOURCE_H_
