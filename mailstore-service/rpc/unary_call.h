#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_UNARY_CALL_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_UNARY_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "common/audit/entry.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/status.h"
#include "common/rpc/worker_pool.h"

namespace restante::mailstore {

// Who calls `method`.
inline audit::Author AuthorOf(const grpc::CallbackServerContext& context, const char* method) {
  return {rpc::GetPeerIdentity(context).uri, method};
}

// Ends the call with what `work` says, run by a worker. Work for a caller that has gone meanwhile
// is left undone.
inline grpc::ServerUnaryReactor* Answer(rpc::WorkerPool& workers,
                                        grpc::CallbackServerContext* context,
                                        std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status posted = workers.Post([context, reactor, work = std::move(work)] {
    reactor->Finish(context->IsCancelled() ? grpc::Status::CANCELLED : rpc::ToGrpcStatus(work()));
  });
  if (!posted.ok()) reactor->Finish(rpc::ToGrpcStatus(posted));
  return reactor;
}

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_UNARY_CALL_H_
