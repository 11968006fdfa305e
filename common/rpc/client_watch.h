#ifndef RESTANTE_COMMON_RPC_CLIENT_WATCH_H_
#define RESTANTE_COMMON_RPC_CLIENT_WATCH_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"

namespace restante::rpc {

// A server stream that is opened again whenever it ends, as long as this lives. It waits for a
// server that is away. Not gRPC's synchronous stream: a thread that waits in one takes part in the
// polling for every connection of the process, and each event would wake it.
template <typename Response>
class ClientWatch {
 public:
  // `stub->async()->Method` bound to its request, which it keeps alive, and to the stub.
  using Method = std::function<void(grpc::ClientContext*, grpc::ClientReadReactor<Response>*)>;

  // Called one after the other, on threads of gRPC's and of this.
  struct Events {
    std::function<void(const Response& response)> on_response;
    // The stream has ended, after its last response. Not at destruction.
    std::function<void(const absl::Status& status)> on_end;
  };

  // Begins to watch. `retry_delay` is between the end of one stream and the next try.
  ClientWatch(Method method, Events events, absl::Duration retry_delay)
      : method_(std::move(method)),
        events_(std::move(events)),
        retry_delay_(retry_delay),
        thread_([this] { Run(); }) {}

  // Waits for a callback that is running.
  ~ClientWatch() {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
      stop_signal_.SignalAll();
    }
    thread_.join();
  }

  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

 private:
  // One call, from its beginning to its end.
  class Call : public grpc::ClientReadReactor<Response> {
   public:
    explicit Call(const ClientWatch& watch) : watch_(watch) {}

    absl::Status Run(grpc::ClientContext* context) {
      watch_.method_(context, this);
      this->StartRead(&response_);
      this->StartCall();
      MutexLock lock(&mutex_);
      while (!status_) done_.Wait(&mutex_);
      return *status_;
    }

    void OnReadDone(bool ok) override {
      if (!ok) return;
      watch_.events_.on_response(response_);
      this->StartRead(&response_);
    }

    void OnDone(const grpc::Status& status) override {
      MutexLock lock(&mutex_);
      status_ = FromGrpcStatus(status);
      done_.SignalAll();
    }

   private:
    const ClientWatch& watch_;
    Response response_;
    Mutex mutex_;
    CondVar done_;
    std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
  };

  void Run() {
    while (true) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      {
        MutexLock lock(&mutex_);
        if (stopping_) return;
        context_ = &context;
      }
      const absl::Status status = Call(*this).Run(&context);
      {
        MutexLock lock(&mutex_);
        context_ = nullptr;
        if (stopping_) return;
      }
      events_.on_end(status);
      MutexLock lock(&mutex_);
      if (!stopping_) stop_signal_.WaitFor(&mutex_, retry_delay_);
    }
  }

  const Method method_;
  const Events events_;
  const absl::Duration retry_delay_;
  Mutex mutex_;
  CondVar stop_signal_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CLIENT_WATCH_H_
