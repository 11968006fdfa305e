#ifndef RESTANTE_COMMON_RPC_UNARY_CALL_H_
#define RESTANTE_COMMON_RPC_UNARY_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/audit/entry.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/status.h"
#include "common/rpc/worker_pool.h"

namespace restante::rpc {

// Who calls `method`.
inline audit::Author AuthorOf(const grpc::CallbackServerContext& context, const char* method) {
  return {GetPeerIdentity(context).uri, method};
}

// Ends the call at once.
inline grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context,
                                        const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// Ends the call with what `work` says, run by a worker for `tenant`. Work for a caller that has
// gone meanwhile is left undone.
inline grpc::ServerUnaryReactor* Answer(WorkerPool& workers, absl::string_view tenant,
                                        grpc::CallbackServerContext* context,
                                        std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status posted = workers.Post(tenant, [context, reactor, work = std::move(work)] {
    reactor->Finish(context->IsCancelled() ? grpc::Status::CANCELLED : ToGrpcStatus(work()));
  });
  if (!posted.ok()) reactor->Finish(ToGrpcStatus(posted));
  return reactor;
}

// The same for nobody in particular.
inline grpc::ServerUnaryReactor* Answer(WorkerPool& workers, grpc::CallbackServerContext* context,
                                        std::function<absl::Status()> work) {
  return Answer(workers, "", context, std::move(work));
}

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_UNARY_CALL_H_
