#include "common/rpc/worker_pool.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

constexpr absl::Duration kComeAgain = absl::Milliseconds(200);

}  // namespace

WorkerPool::WorkerPool(size_t threads, size_t max_waiting) : max_waiting_(max_waiting) {
  RESTANTE_CHECK(threads > 0);
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status WorkerPool::Post(std::function<void()> job) {
  {
    MutexLock lock(&mutex_);
    if (waiting_.size() < max_waiting_) {
      waiting_.push_back(std::move(job));
      changed_.SignalOne();
      return absl::OkStatus();
    }
  }
  absl::Status busy =
      absl::UnavailableError("the service has more calls than it can take; try again");
  SetRetryDelay(&busy, kComeAgain);
  return busy;
}

void WorkerPool::Run() {
  while (true) {
    std::function<void()> job;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !ending_) changed_.Wait(&mutex_);
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace restante::rpc
