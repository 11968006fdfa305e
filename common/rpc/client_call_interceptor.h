#ifndef RESTANTE_COMMON_RPC_CLIENT_CALL_INTERCEPTOR_H_
#define RESTANTE_COMMON_RPC_CLIENT_CALL_INTERCEPTOR_H_

#include <grpcpp/support/client_interceptor.h>

#include <memory>

#include "common/rpc/client_call_metrics.h"

namespace restante::rpc {

// Sees every call of a channel and tells `metrics`, which outlives the channel. The one place that
// knows gRPC's experimental interceptors.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeClientCallInterceptors(
    const ClientCallMetrics& metrics);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CLIENT_CALL_INTERCEPTOR_H_
