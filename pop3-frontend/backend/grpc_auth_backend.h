#ifndef RESTANTE_POP3_FRONTEND_BACKEND_GRPC_AUTH_BACKEND_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_GRPC_AUTH_BACKEND_H_

#include <memory>

#include "absl/time/time.h"
#include "common/rpc/call_options.h"
#include "pop3-frontend/backend/auth_backend.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace restante::pop3 {

// For one try of a call: much longer than auth ever takes, and short enough for a second address.
inline constexpr absl::Duration kTryDeadline = absl::Milliseconds(2500);

// AuthBackend over restante.auth.v1.LogonService. Destruction waits for the calls under way.
class GrpcAuthBackend : public AuthBackend {
 public:
  explicit GrpcAuthBackend(const std::shared_ptr<grpc::ChannelInterface>& auth,
                           rpc::CallOptions options = {.try_deadline = kTryDeadline});
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
