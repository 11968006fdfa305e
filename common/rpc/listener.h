#ifndef RESTANTE_COMMON_RPC_LISTENER_H_
#define RESTANTE_COMMON_RPC_LISTENER_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace restante::rpc {

enum class Reflection { kNo, kYes };

struct Listening {
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

// What Server and HealthServer have in common: starts `builder` on `address` with grpc.health.v1,
// with reflection only where it is asked for, on a port that no other process shares. UNAVAILABLE,
// with the address, when it cannot listen there.
absl::StatusOr<Listening> Listen(const std::string& address,
                                 std::shared_ptr<grpc::ServerCredentials> credentials,
                                 Reflection reflection, grpc::ServerBuilder* builder);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_LISTENER_H_
