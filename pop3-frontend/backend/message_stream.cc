#include "pop3-frontend/backend/message_stream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"

namespace restante::pop3 {

using mailstore::v1::ReadMessagesRequest;
using mailstore::v1::ReadMessagesResponse;

// What gRPC calls back. Keeps itself alive until OnDone. Because answers are fetched from another
// thread than gRPC's, the call is held open until nothing more will be fetched.
class MessageStream::Reactor : public grpc::ClientReadReactor<ReadMessagesResponse>,
                               public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(std::shared_ptr<StoreLink> store, ReadMessagesRequest request,
          rpc::CallCounter::Ticket ticket, OnAnswer on_answer)
      : store_(std::move(store)),
        request_(std::move(request)),
        ticket_(std::move(ticket)),
        on_answer_(std::move(on_answer)) {}

  void Begin() {
    self_ = shared_from_this();
    context_.set_wait_for_ready(true);
    store_->stub->async()->ReadMessages(&context_, &request_, this);
    AddHold();
    StartCall();
  }

  void Fetch() {
    {
      MutexLock lock(&mutex_);
      fetching_ = true;
    }
    answer_ = std::make_unique<ReadMessagesResponse>();
    StartRead(answer_.get());
  }

  void Abandon() {
    context_.TryCancel();
    bool let_go = false;
    {
      MutexLock lock(&mutex_);
      abandoned_ = true;
      let_go = !fetching_ && !let_go_;
      let_go_ = let_go_ || let_go;
    }
    if (let_go) RemoveHold();
  }

  void OnReadDone(bool ok) override {
    bool let_go = false;
    {
      MutexLock lock(&mutex_);
      fetching_ = false;
      let_go = !ok || abandoned_;
      let_go_ = let_go;
    }
    if (let_go) return RemoveHold();
    on_answer_(std::move(answer_));
  }

  void OnDone(const grpc::Status& status) override {
    rpc::CallCounter::Ticket left_last = std::move(ticket_);
    std::shared_ptr<Reactor> self = std::move(self_);
    if (!abandoned()) {
      on_answer_(status.ok() ? absl::OutOfRangeError("all was sent") : rpc::FromGrpcStatus(status));
    }
  }

 private:
  bool abandoned() {
    MutexLock lock(&mutex_);
    return abandoned_;
  }

  const std::shared_ptr<StoreLink> store_;
  const ReadMessagesRequest request_;
  rpc::CallCounter::Ticket ticket_;
  OnAnswer on_answer_;
  std::shared_ptr<Reactor> self_;
  grpc::ClientContext context_;
  Answer answer_;  // of the Fetch under way
  Mutex mutex_;
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  bool let_go_ ABSL_GUARDED_BY(mutex_) = false;  // the hold was removed
};

std::unique_ptr<MessageStream> MessageStream::Start(std::shared_ptr<StoreLink> store,
                                                    ReadMessagesRequest request,
                                                    rpc::CallCounter* counter, OnAnswer on_answer) {
  rpc::CallCounter::Ticket ticket = counter->Enter();
  if (!ticket) return nullptr;
  auto reactor = std::make_shared<Reactor>(std::move(store), std::move(request), std::move(ticket),
                                           std::move(on_answer));
  reactor->Begin();
  return std::unique_ptr<MessageStream>(new MessageStream(std::move(reactor)));
}

MessageStream::MessageStream(std::shared_ptr<Reactor> reactor) : reactor_(std::move(reactor)) {}

MessageStream::~MessageStream() { reactor_->Abandon(); }

void MessageStream::Fetch() { reactor_->Fetch(); }

}  // namespace restante::pop3
