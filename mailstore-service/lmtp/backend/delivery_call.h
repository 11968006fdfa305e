#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_CALL_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_CALL_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_counter.h"
#include "restante/mailstore/v1/delivery_service.grpc.pb.h"

namespace restante::lmtp {

// One call of DeliverMessage, part by part. Used from one thread; destroying it cancels the call.
class DeliveryCall {
 public:
  using Stub = mailstore::v1::DeliveryService::Stub;

  // Both run on threads of gRPC's, until the call is destroyed and perhaps once while it is.
  struct Callbacks {
    // gRPC has room for the next part.
    absl::AnyInvocable<void()> on_written;
    // Once, at the end. A call that breaks while nothing is being written is noticed by the next
    // Write.
    absl::AnyInvocable<void(absl::StatusOr<mailstore::v1::DeliverMessageResponse>)> on_answer;
  };

  // Waits for the connection. `counter` outlives the call; nullptr when it has stopped.
  static std::unique_ptr<DeliveryCall> Start(std::shared_ptr<Stub> stub, rpc::CallCounter* counter,
                                             Callbacks callbacks);
  ~DeliveryCall();
  DeliveryCall(const DeliveryCall&) = delete;
  DeliveryCall& operator=(const DeliveryCall&) = delete;

  // One at a time: answered by on_written unless it is the last part or the call broke.
  void Write(mailstore::v1::DeliverMessageRequest part, bool is_last);

 private:
  class Reactor;
  explicit DeliveryCall(std::shared_ptr<Reactor> reactor);

  const std::shared_ptr<Reactor> reactor_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_CALL_H_
