#include "common/rpc/client_call_metrics.h"

namespace restante::rpc {

ClientCallMetrics::ClientCallMetrics(metrics::Registry* registry, const std::string& prefix)
    : calls_(registry->Counters(prefix + "_calls_total",
                                "Calls to other services, each try counted, by method and code.")),
      times_(registry->Histograms(prefix + "_call_seconds",
                                  "Time of calls to other services, by method.")) {}

void ClientCallMetrics::Observe(const std::string& method, const std::string& code,
                                absl::Duration time) const {
  std::string name = method.substr(method.rfind('/') + 1);
  calls_.With({{"method", name}, {"code", code}}).Add();
  times_.With({{"method", name}}).Observe(time);
}

}  // namespace restante::rpc
