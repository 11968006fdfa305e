#include "mailstore-service/lmtp/backend/delivery_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"

namespace restante::lmtp {

using mailstore::v1::DeliverMessageRequest;
using mailstore::v1::DeliverMessageResponse;

// What gRPC calls back. Keeps itself alive until OnDone. Because parts are written from another
// thread than gRPC's, the call is held open until nothing more will be written.
class DeliveryCall::Reactor : public grpc::ClientWriteReactor<DeliverMessageRequest>,
                              public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(std::shared_ptr<Stub> stub, rpc::CallCounter::Ticket ticket, Callbacks callbacks)
      : stub_(std::move(stub)), ticket_(std::move(ticket)), callbacks_(std::move(callbacks)) {}

  void Begin() {
    self_ = shared_from_this();
    context_.set_wait_for_ready(true);
    stub_->async()->DeliverMessage(&context_, &response_, this);
    AddHold();
    StartCall();
  }

  void Write(DeliverMessageRequest part, bool is_last) {
    {
      MutexLock lock(&mutex_);
      if (let_go_) return;  // broken meanwhile; OnDone says so
      writing_ = true;
      last_ = is_last;
    }
    part_ = std::move(part);
    if (is_last) {
      StartWriteLast(&part_, grpc::WriteOptions());
    } else {
      StartWrite(&part_);
    }
  }

  void Abandon() {
    context_.TryCancel();
    bool let_go = false;
    {
      MutexLock lock(&mutex_);
      abandoned_ = true;
      let_go = !writing_ && !let_go_;
      let_go_ = let_go_ || let_go;
    }
    if (let_go) RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    bool let_go = false;
    {
      MutexLock lock(&mutex_);
      writing_ = false;
      let_go = !ok || last_ || abandoned_;
      let_go_ = let_go;
    }
    if (let_go) return RemoveHold();
    callbacks_.on_written();
  }

  void OnDone(const grpc::Status& status) override {
    rpc::CallCounter::Ticket left_last = std::move(ticket_);
    std::shared_ptr<Reactor> self = std::move(self_);
    if (abandoned()) return;
    if (status.ok()) {
      callbacks_.on_answer(std::move(response_));
    } else {
      callbacks_.on_answer(rpc::FromGrpcStatus(status));
    }
  }

 private:
  bool abandoned() {
    MutexLock lock(&mutex_);
    return abandoned_;
  }

  const std::shared_ptr<Stub> stub_;
  rpc::CallCounter::Ticket ticket_;
  Callbacks callbacks_;
  std::shared_ptr<Reactor> self_;
  grpc::ClientContext context_;
  DeliverMessageRequest part_;  // being written
  DeliverMessageResponse response_;
  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool last_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  bool let_go_ ABSL_GUARDED_BY(mutex_) = false;  // the hold was removed
};

std::unique_ptr<DeliveryCall> DeliveryCall::Start(std::shared_ptr<Stub> stub,
                                                  rpc::CallCounter* counter, Callbacks callbacks) {
  rpc::CallCounter::Ticket ticket = counter->Enter();
  if (!ticket) return nullptr;
  auto reactor =
      std::make_shared<Reactor>(std::move(stub), std::move(ticket), std::move(callbacks));
  reactor->Begin();
  return std::unique_ptr<DeliveryCall>(new DeliveryCall(std::move(reactor)));
}

DeliveryCall::DeliveryCall(std::shared_ptr<Reactor> reactor) : reactor_(std::move(reactor)) {}

DeliveryCall::~DeliveryCall() { reactor_->Abandon(); }

void DeliveryCall::Write(DeliverMessageRequest part, bool is_last) {
  reactor_->Write(std::move(part), is_last);
}

}  // namespace restante::lmtp
