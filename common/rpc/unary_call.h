#ifndef RESTANTE_COMMON_RPC_UNARY_CALL_H_
#define RESTANTE_COMMON_RPC_UNARY_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/audit/entry.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/status.h"
#include "common/rpc/timer.h"
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

// Ends the call with what `work` says, run by a worker for `tenant`, after `pause` where that is
// not zero. Work for a caller that has gone meanwhile is left undone. `tenant` lives as long as the
// call, as a field of its request does.
inline grpc::ServerUnaryReactor* AnswerAfter(absl::Duration pause, WorkerPool& workers,
                                             absl::string_view tenant,
                                             grpc::CallbackServerContext* context,
                                             std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto post = [&workers, tenant, context, reactor, work = std::move(work)]() mutable {
    const absl::Status posted = workers.Post(tenant, [context, reactor, work = std::move(work)] {
      reactor->Finish(context->IsCancelled() ? grpc::Status::CANCELLED : ToGrpcStatus(work()));
    });
    if (!posted.ok()) reactor->Finish(ToGrpcStatus(posted));
  };
  if (pause > absl::ZeroDuration()) {
    RunAfter(pause, std::move(post));
  } else {
    post();
  }
  return reactor;
}

// The same without a pause.
inline grpc::ServerUnaryReactor* Answer(WorkerPool& workers, absl::string_view tenant,
                                        grpc::CallbackServerContext* context,
                                        std::function<absl::Status()> work) {
  return AnswerAfter(absl::ZeroDuration(), workers, tenant, context, std::move(work));
}

// The same for nobody in particular.
inline grpc::ServerUnaryReactor* Answer(WorkerPool& workers, grpc::CallbackServerContext* context,
                                        std::function<absl::Status()> work) {
  return Answer(workers, "", context, std::move(work));
}

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_UNARY_CALL_H_
