#ifndef RESTANTE_AUTH_SERVICE_RPC_LOGON_SERVICE_H_
#define RESTANTE_AUTH_SERVICE_RPC_LOGON_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "auth-service/directory/directory.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/rpc/watch_stream.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"

namespace restante::rpc {

// restante.auth.v1.LogonService. Refusals are OK answers; every unary call is answered on gRPC's
// thread, from memory.
class LogonService : public auth::v1::LogonService::CallbackService {
 public:
  // Of both kinds; each front end has one of mechanism policies, each ingress one of recipients.
  static constexpr size_t kMaxWatches = 10'000;

  // Both outlive this, and this the gRPC server that it is part of.
  LogonService(const logon::LogonFlow& flow, directory::Directory& directory)
      : flow_(flow), directory_(directory) {}

  // Ends all watches, now and from now on. Other calls go on. Thread-safe.
  void Drain() { watches_.Drain(); }

  grpc::ServerUnaryReactor* BeginLogon(grpc::CallbackServerContext* context,
                                       const auth::v1::BeginLogonRequest* request,
                                       auth::v1::BeginLogonResponse* response) override;
  grpc::ServerUnaryReactor* ContinueLogon(grpc::CallbackServerContext* context,
                                          const auth::v1::ContinueLogonRequest* request,
                                          auth::v1::ContinueLogonResponse* response) override;
  grpc::ServerWriteReactor<auth::v1::WatchMechanismPolicyResponse>* WatchMechanismPolicy(
      grpc::CallbackServerContext* context,
      const auth::v1::WatchMechanismPolicyRequest* request) override;
  grpc::ServerUnaryReactor* ResolveRecipients(
      grpc::CallbackServerContext* context, const auth::v1::ResolveRecipientsRequest* request,
      auth::v1::ResolveRecipientsResponse* response) override;
  grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse>* WatchRecipients(
      grpc::CallbackServerContext* context,
      const auth::v1::WatchRecipientsRequest* request) override;

 private:
  const logon::LogonFlow& flow_;
  directory::Directory& directory_;
  WatchStreams watches_{kMaxWatches};
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_LOGON_SERVICE_H_
