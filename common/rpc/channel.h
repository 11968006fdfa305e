#ifndef RESTANTE_COMMON_RPC_CHANNEL_H_
#define RESTANTE_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace restante::rpc {

class ClientCallMetrics;

// Where a service is and who it must be.
struct ChannelOptions {
  // A gRPC target: "dns:///auth.restante:7410", "ipv4:127.0.0.1:11001".
  std::string target;
  // Must be a DNS name of the server's certificate.
  std::string server_name;
  TlsFiles tls;
  // Is told of every call; outlives the channel. Null for none.
  const ClientCallMetrics* metrics = nullptr;
};

// A channel with mutual TLS, for `Service::NewStub(channel)`. It connects lazily and by itself
// again (100 ms to 1 s between tries, names resolved again after 500 ms at the earliest), spreads
// calls over the server's replicas, notices a dead one within 12 s also between calls, and takes
// messages of at most 16 MiB. It does not retry calls. INVALID_ARGUMENT for TLS files that cannot
// be used or an empty target or server name. Thread-safe.
absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> MakeChannel(const ChannelOptions& options);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CHANNEL_H_
