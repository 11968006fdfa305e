#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/call_options.h"
#include "mailstore-service/lmtp/backend/recipient_resolver.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace restante::lmtp {

struct GrpcRecipientOptions {
  rpc::CallOptions calls;
  // How long a mailbox that was found is used again for the same address, at most. Zero: auth is
  // asked each time.
  absl::Duration keep_for = absl::Seconds(10);
  // Between the end of one watch of the directory and the next try.
  absl::Duration watch_retry_delay = absl::Seconds(5);
};

// RecipientResolver over restante.auth.v1.LogonService. What was found is kept as long as auth
// tells of every change of its directory and there is none, see KeptRecipients. Destruction waits
// for the calls under way.
class GrpcRecipientResolver : public RecipientResolver {
 public:
  // `logger` and `clock` outlive the resolver. `kept` counts what was found without asking.
  GrpcRecipientResolver(const std::shared_ptr<grpc::ChannelInterface>& auth,
                        const log::Logger& logger, const Clock& clock, metrics::Counter kept,
                        GrpcRecipientOptions options = {});
  ~GrpcRecipientResolver() override;

  void Resolve(const std::string& address, net::Executor executor, Done done) override;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_RECIPIENT_RESOLVER_H_
