#ifndef RESTANTE_COMMON_RPC_RETRYING_CALL_H_
#define RESTANTE_COMMON_RPC_RETRYING_CALL_H_

#include <grpcpp/client_context.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/base/error_reason.h"
#include "common/rpc/call_counter.h"
#include "common/rpc/call_options.h"
#include "common/rpc/status.h"
#include "common/rpc/timer.h"

namespace restante::rpc {

// One unary call that bridges a restart of the server: it waits for the connection, and is repeated
// on UNAVAILABLE and when a try took too long, until its deadline. Only for methods that may be
// repeated. Owns itself.
template <typename Request, typename Response>
class RetryingCall {
 public:
  // `stub->async()->Method` bound to the stub, which it keeps alive.
  using Method = std::function<void(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>)>;
  // Runs once, on a thread of gRPC's, or inside Start when `counter` has stopped.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Response> response) &&>;

  // `counter` outlives the call. `request` is let go of before the counter is left.
  static void Start(Method method, std::shared_ptr<const Request> request,
                    const CallOptions& options, CallCounter* counter, Done done) {
    CallCounter::Ticket ticket = counter->Enter();
    if (!ticket) return std::move(done)(absl::CancelledError("shutting down"));
    auto* call = new RetryingCall(std::move(method), std::move(request), options, std::move(ticket),
                                  std::move(done));
    call->Try();
  }

 private:
  RetryingCall(Method method, std::shared_ptr<const Request> request, const CallOptions& options,
               CallCounter::Ticket ticket, Done done)
      : method_(std::move(method)),
        request_(std::move(request)),
        deadline_(DeadlineAfter(options.deadline)),
        try_deadline_(options.try_deadline),
        retry_delay_(options.retry_delay),
        ticket_(std::move(ticket)),
        done_(std::move(done)) {}

  void Try() {
    context_.emplace();
    context_->set_deadline(DeadlineAfter(std::min(try_deadline_, TimeLeft(deadline_))));
    context_->set_wait_for_ready(true);
    response_.Clear();
    method_(&*context_, request_.get(), &response_,
            [this](const grpc::Status& status) { OnAnswer(FromGrpcStatus(status)); });
  }

  void OnAnswer(const absl::Status& status) {
    if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
      absl::Duration wished = GetRetryDelay(status).value_or(absl::ZeroDuration());
      absl::Duration delay = std::max(retry_delay_, wished);
      if (delay < TimeLeft(deadline_)) return RunAfter(delay, [this] { Try(); });
    }
    if (status.ok()) {
      std::move(done_)(std::move(response_));
    } else {
      std::move(done_)(status);
    }
    CallCounter::Ticket left_last = std::move(ticket_);
    delete this;
  }

  const Method method_;
  const std::shared_ptr<const Request> request_;
  const gpr_timespec deadline_;
  const absl::Duration try_deadline_;
  const absl::Duration retry_delay_;
  CallCounter::Ticket ticket_;
  Done done_;
  std::optional<grpc::ClientContext> context_;
  Response response_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_RETRYING_CALL_H_
