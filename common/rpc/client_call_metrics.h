#ifndef RESTANTE_COMMON_RPC_CLIENT_CALL_METRICS_H_
#define RESTANTE_COMMON_RPC_CLIENT_CALL_METRICS_H_

#include <string>

#include "absl/time/time.h"
#include "common/metrics/metrics.h"

namespace restante::rpc {

// Counts the calls that a program makes to other services, each try for itself: PREFIX_calls_total
// by method and code, and PREFIX_call_seconds by method. Thread-safe; outlives the channels that it
// is given to.
class ClientCallMetrics {
 public:
  // `registry` outlives this.
  ClientCallMetrics(metrics::Registry* registry, const std::string& prefix);

  // `method`: "/restante.auth.v1.LogonService/BeginLogon"; its last part becomes the label. `code`:
  // gRPC's name of it.
  void Observe(const std::string& method, const std::string& code, absl::Duration time) const;

 private:
  const metrics::CounterFamily calls_;
  const metrics::HistogramFamily times_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CLIENT_CALL_METRICS_H_
