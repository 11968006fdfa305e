#ifndef RESTANTE_COMMON_RPC_SERVER_H_
#define RESTANTE_COMMON_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/access_table.h"
#include "common/rpc/tls_files.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace restante::rpc {

struct ServerOptions {
  // HOST:PORT; port 0 takes a free one.
  std::string address;
  TlsFiles tls;
  AccessTable access;
  // Server reflection, for callers with any role. On management listeners only.
  bool reflection = false;
};

// A gRPC listener with mutual TLS. Every caller must show a certificate from the configured
// authority, and every call is held against the access table before it reaches a service:
// PERMISSION_DENIED otherwise. grpc.health.v1 is answered for callers with any role.
//
// Messages are at most 16 MiB either way; a connection ends 5 minutes after it began (its calls get
// 60 s more), so that clients find new replicas; the address is not shared with other processes.
class Server {
 public:
  // Listens and serves. `services` outlive the server. INVALID_ARGUMENT for TLS files that cannot
  // be used, UNAVAILABLE when the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options,
                                                       const std::vector<grpc::Service*>& services);
  // Shutdown with no grace, unless it was called.
  ~Server();

  int port() const;

  // Takes no new calls, lets those under way finish for `grace`, cancels the rest, and returns when
  // all have ended. Call once.
  void Shutdown(absl::Duration grace);

 private:
  class Engine;
  explicit Server(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_SERVER_H_
