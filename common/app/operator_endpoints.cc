#include "common/app/operator_endpoints.h"

#include "common/app/program_options.h"
#include "common/base/status_macros.h"

namespace restante::app {

absl::StatusOr<std::unique_ptr<OperatorEndpoints>> OperatorEndpoints::Start(
    const OperatorEndpointAddresses& addresses, metrics::Registry* registry) {
  registry->Gauges("restante_build_info", "1, with the program's version.")
      .With({{"version", Version()}})
      .Set(1);
  std::unique_ptr<OperatorEndpoints> endpoints(new OperatorEndpoints());
  if (!addresses.metrics.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(endpoints->metrics_,
                              metrics::Endpoint::Start(addresses.metrics, *registry));
  }
  if (!addresses.health.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(endpoints->health_, rpc::HealthServer::Start(addresses.health));
  }
  return endpoints;
}

void OperatorEndpoints::SetReady(bool ready) {
  MutexLock lock(&mutex_);
  if (health_ != nullptr && !ended_) health_->SetReady(ready);
}

void OperatorEndpoints::EndReady() {
  MutexLock lock(&mutex_);
  ended_ = true;
  if (health_ != nullptr) health_->SetReady(false);
}

}  // namespace restante::app
