#ifndef RESTANTE_COMMON_APP_OPERATOR_ENDPOINTS_H_
#define RESTANTE_COMMON_APP_OPERATOR_ENDPOINTS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/metrics/metrics.h"
#include "common/rpc/health_server.h"

namespace restante::app {

// HOST:PORT each; empty for none.
struct OperatorEndpointAddresses {
  std::string metrics;
  std::string health;
};

// The two plain listeners that every program has for those who run it: metrics over HTTP, and
// health over gRPC. Metrics begin with restante_build_info, which says which version runs.
class OperatorEndpoints {
 public:
  // Listens. UNAVAILABLE, with the address, when it cannot. `registry` outlives this.
  static absl::StatusOr<std::unique_ptr<OperatorEndpoints>> Start(
      const OperatorEndpointAddresses& addresses, metrics::Registry* registry);

  // Whether the program serves; at first not. Thread-safe.
  void SetReady(bool ready);
  // Not ready, whatever SetReady says from now on: the program goes down. Thread-safe.
  void EndReady();

 private:
  OperatorEndpoints() = default;

  std::unique_ptr<metrics::Endpoint> metrics_;
  std::unique_ptr<rpc::HealthServer> health_;
  Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_OPERATOR_ENDPOINTS_H_
