#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_

#include <memory>
#include <string>

#include "common/log/logger.h"
#include "common/rpc/call_options.h"
#include "mailstore-service/lmtp/backend/recipient_resolver.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace restante::lmtp {

// RecipientResolver over restante.auth.v1.LogonService. Destruction waits for the calls under way.
class GrpcRecipientResolver : public RecipientResolver {
 public:
  // `logger` outlives the resolver.
  GrpcRecipientResolver(const std::shared_ptr<grpc::ChannelInterface>& auth,
                        const log::Logger& logger, rpc::CallOptions options = {});
  ~GrpcRecipientResolver() override;

  void Resolve(const std::string& address, net::Executor executor, Done done) override;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_
