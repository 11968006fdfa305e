#include "common/rpc/worker_pool.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/check.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxNameOctets = 256;
constexpr absl::Duration kComeAgain = absl::Milliseconds(200);

}  // namespace

WorkerPool::WorkerPool(size_t threads, size_t max_waiting)
    : max_waiting_(max_waiting), max_running_(std::max<size_t>(threads / 4, 1)) {
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

absl::Status WorkerPool::Post(absl::string_view tenant, std::function<void()> job) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    // Callers name tenants before they are checked.
    auto [it, is_new] = tenants_.try_emplace(tenant.substr(0, kMaxNameOctets));
    Tenant& its = it->second;
    const size_t own = tenant == kNobody ? max_waiting_ : std::max<size_t>(max_waiting_ / 2, 1);
    if (waiting_ >= max_waiting_ || its.waiting.size() >= own) {
      if (is_new) tenants_.erase(it);
      absl::Status busy =
          absl::UnavailableError("the service has more calls than it can take; try again");
      SetRetryDelay(&busy, kComeAgain);
      return busy;
    }
    its.waiting.push_back(std::move(job));
    ++waiting_;
    wake = GiveTurn(it->first, &its);
  }
  if (wake) changed_.SignalOne();
  return absl::OkStatus();
}

bool WorkerPool::GiveTurn(const std::string& name, Tenant* tenant) {
  const bool may_run = name == kNobody || tenant->running < max_running_;
  if (tenant->waiting.empty() || tenant->has_turn || !may_run) return false;
  tenant->has_turn = true;
  turns_.push_back(name);
  return true;
}

WorkerPool::Job WorkerPool::TakeJob() {
  Job job;
  job.tenant = std::move(turns_.front());
  turns_.pop_front();
  Tenant& tenant = tenants_.find(job.tenant)->second;
  tenant.has_turn = false;
  job.run = std::move(tenant.waiting.front());
  tenant.waiting.pop_front();
  --waiting_;
  ++tenant.running;
  job.leaves_turn = GiveTurn(job.tenant, &tenant);
  return job;
}

void WorkerPool::EndJob(const std::string& name) {
  const auto it = tenants_.find(name);
  --it->second.running;
  // A turn that this gives is for the worker that ends the job, or for one that was woken for the
  // turn that it takes instead.
  (void)GiveTurn(name, &it->second);
  if (it->second.running == 0 && it->second.waiting.empty()) tenants_.erase(it);
}

void WorkerPool::Run() {
  std::optional<Job> job;
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (job) EndJob(job->tenant);
      // What waits without a turn is seen to by the worker that ends a job of its tenant.
      while (turns_.empty() && !(ending_ && waiting_ == 0)) changed_.Wait(&mutex_);
      if (turns_.empty()) return changed_.SignalAll();
      job = TakeJob();
    }
    if (job->leaves_turn) changed_.SignalOne();
    std::exchange(job->run, nullptr)();
  }
}

}  // namespace restante::rpc
