#ifndef RESTANTE_COMMON_RPC_HEALTH_SERVER_H_
#define RESTANTE_COMMON_RPC_HEALTH_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace restante::rpc {

// grpc.health.v1 without TLS, for the kubelet and deploy/local, and nothing else: services "" and
// "live" serve from the start, "ready" as SetReady says, at first not. Thread-safe.
class HealthServer {
 public:
  // `address` is HOST:PORT; port 0 takes a free one. UNAVAILABLE when it cannot listen there.
  static absl::StatusOr<std::unique_ptr<HealthServer>> Start(const std::string& address);
  ~HealthServer();

  int port() const;

  // True once the program serves; false when it begins to drain.
  void SetReady(bool ready);

 private:
  class Engine;
  explicit HealthServer(std::unique_ptr<Engine> engine);

  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_HEALTH_SERVER_H_
