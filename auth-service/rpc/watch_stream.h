#ifndef RESTANTE_AUTH_SERVICE_RPC_WATCH_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_WATCH_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "common/base/change_signal.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"

namespace restante::rpc {

// A stream that goes on until somebody ends it.
class OpenStream {
 public:
  // Ends the call, once a write under way is done. Later calls change nothing.
  virtual void End(const absl::Status& status) = 0;

 protected:
  ~OpenStream() = default;
};

// The watches of one service, so that there are not too many and that they can be ended all at
// once. Thread-safe.
class WatchStreams {
 public:
  explicit WatchStreams(size_t limit) : limit_(limit) {}
  // Every stream has ended: the gRPC server is down before this goes.
  ~WatchStreams();

  // Ends every stream, present and later, with UNAVAILABLE/DRAINING.
  void Drain();

  // UNAVAILABLE/DRAINING, or RESOURCE_EXHAUSTED/LIMIT_EXCEEDED with RetryInfo.
  absl::Status Add(OpenStream* stream);
  void Remove(OpenStream* stream);

 private:
  const size_t limit_;
  Mutex mutex_;  // taken before a stream's
  std::set<OpenStream*> streams_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

// One watch: asks for what there is to send whenever something has changed and the last piece is
// written, so that a slow watcher costs no memory. Owns itself, as gRPC's reactors do, and goes
// with the call.
template <typename Response>
class WatchStream : public grpc::ServerWriteReactor<Response>, public OpenStream {
 public:
  void OnWriteDone(bool ok) override {
    MutexLock lock(&mutex_);
    is_writing_ = false;
    if (!ok && !end_) end_ = absl::CancelledError("the caller has gone");
    Proceed();
  }

  void OnCancel() override { End(absl::CancelledError("the caller has gone")); }

  void OnDone() override {
    // Neither waits for a lock that a holder of mutex_ has: no callback can come after these.
    streams_.Remove(this);
    subscription_.reset();
    delete this;
  }

  void End(const absl::Status& status) override {
    MutexLock lock(&mutex_);
    if (!end_) end_ = status;
    Proceed();
  }

 protected:
  // `streams` outlives the call.
  explicit WatchStream(WatchStreams& streams) : streams_(streams) {}

  using Subscribe =
      std::function<std::unique_ptr<ChangeSignal::Subscription>(std::function<void()>)>;

  // Sends from now on, or ends the call when the request could not be `taken` or there is no room.
  // The last thing that a constructor does.
  void Begin(absl::Status taken, const Subscribe& subscribe) {
    if (taken.ok()) taken = streams_.Add(this);
    if (!taken.ok()) return End(taken);
    subscription_ = subscribe([this] { Wake(); });
    Wake();
  }

 private:
  // Fills in what there is to send; false when there is nothing. By one thread at a time.
  virtual bool Next(Response* response) = 0;

  void Wake() {
    MutexLock lock(&mutex_);
    Proceed();
  }

  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_writing_ || is_finished_) return;
    if (end_) {
      is_finished_ = true;
      this->Finish(ToGrpcStatus(*end_));
      return;
    }
    response_.Clear();
    if (!Next(&response_)) return;
    is_writing_ = true;
    this->StartWrite(&response_);
  }

  WatchStreams& streams_;
  std::unique_ptr<ChangeSignal::Subscription> subscription_;

  Mutex mutex_;
  Response response_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_WATCH_STREAM_H_
