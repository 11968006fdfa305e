#ifndef RESTANTE_COMMON_RPC_WORKER_POOL_H_
#define RESTANTE_COMMON_RPC_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace restante::rpc {

// Threads for what takes long. gRPC's own threads, of which there may be two, never wait for a disk
// or compute for long. And no thread waits for a client: a stream whose client is slow holds memory
// and no worker, which is why the services are callback services and not synchronous ones, where
// every slow download would keep a thread. Thread-safe. Outlives the gRPC servers.
//
// A job may be for a tenant, somebody whose work may not cost the others theirs. Tenants take
// turns, one job each, and a quarter of the threads is the most that one has at a time.
class WorkerPool {
 public:
  // At least one thread. Beyond `max_waiting` jobs in the queue, or beyond half of them for one
  // tenant, callers are told to come again.
  WorkerPool(size_t threads, size_t max_waiting);
  // Finishes what waits.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // `tenant` by the first 256 octets of its name. OK: `job` will run once, on some worker; the jobs
  // of one tenant begin in the order in which they came. UNAVAILABLE with a retry delay: it will
  // not.
  absl::Status Post(absl::string_view tenant, std::function<void()> job);
  // For nobody in particular: takes turns with the tenants, and may have all threads.
  absl::Status Post(std::function<void()> job) { return Post(kNobody, std::move(job)); }

 private:
  static constexpr absl::string_view kNobody = "";

  struct Tenant {
    std::deque<std::function<void()>> waiting;
    size_t running = 0;
    bool has_turn = false;  // is in turns_
  };

  void Run();
  // Puts the tenant into turns_ if it has something to run, and may. Whether a worker is to be
  // woken for it, once the mutex is free.
  bool GiveTurn(const std::string& name, Tenant* tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Job {
    std::string tenant;
    std::function<void()> run;
    bool leaves_turn = false;  // as GiveTurn says
  };
  Job TakeJob() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndJob(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_waiting_;
  const size_t max_running_;  // of one tenant
  Mutex mutex_;
  CondVar changed_;
  // Those with jobs that wait or run.
  absl::flat_hash_map<std::string, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> turns_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_WORKER_POOL_H_
