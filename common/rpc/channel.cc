#include "common/rpc/channel.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>
#include <vector>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_limits.h"
#include "common/rpc/client_call_interceptor.h"
#include "common/rpc/credentials.h"

namespace restante::rpc {
namespace {

grpc::ChannelArguments ArgumentsFor(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(options.server_name);
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetMaxReceiveMessageSize(kMaxMessageOctets);
  arguments.SetMaxSendMessageSize(kMaxMessageOctets);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // gRPC bounds each try to connect by this one: the default of 20 s would be spent on the address
  // of a replica that is gone.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 500);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamLookaheadOctets);
  // Services of one installation are never behind the proxy that http_proxy names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> MakeChannel(const ChannelOptions& options) {
  if (options.target.empty()) return InvalidField("target", "is empty");
  if (options.server_name.empty()) return InvalidField("server_name", "is empty");
  RESTANTE_RETURN_IF_ERROR(CheckTlsFiles(options.tls));
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  if (options.metrics != nullptr) {
    interceptors.push_back(MakeClientCallInterceptors(*options.metrics));
  }
  return std::shared_ptr<grpc::ChannelInterface>(
      grpc::experimental::CreateCustomChannelWithInterceptors(
          options.target, MakeChannelCredentials(options.tls), ArgumentsFor(options),
          std::move(interceptors)));
}

}  // namespace restante::rpc
