#ifndef RESTANTE_POP3_FRONTEND_BACKEND_GRPC_AUTH_BACKEND_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_GRPC_AUTH_BACKEND_H_

#include <memory>

#include "common/rpc/call_options.h"
#include "pop3-frontend/backend/auth_backend.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace restante::pop3 {

// AuthBackend over restante.auth.v1.LogonService. Destruction waits for the calls under way.
class GrpcAuthBackend : public AuthBackend {
 public:
  explicit GrpcAuthBackend(const std::shared_ptr<grpc::ChannelInterface>& auth,
                           rpc::CallOptions options = {});
  ~GrpcAuthBackend() override;

  void Begin(const LogonAttempt& attempt, BeginLogon logon, net::Executor executor,
             Done done) override;
  void Continue(const LogonAttempt& attempt, ContinueLogon logon, net::Executor executor,
                Done done) override;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_GRPC_AUTH_BACKEND_H_
