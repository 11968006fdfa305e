#ifndef RESTANTE_COMMON_RPC_WORKER_POOL_H_
#define RESTANTE_COMMON_RPC_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace restante::rpc {

// Threads for what takes long. gRPC's own threads, of which there may be two, never wait for a disk
// or compute for long. And no thread waits for a client: a stream whose client is slow holds memory
// and no worker, which is why the services are callback services and not synchronous ones, where
// every slow download would keep a thread. Thread-safe. Outlives the gRPC servers.
class WorkerPool {
 public:
  // At least one thread. Beyond `max_waiting` jobs in the queue callers are told to come again.
  WorkerPool(size_t threads, size_t max_waiting);
  // Finishes what waits.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // OK: `job` will run once, on some worker. UNAVAILABLE with a retry delay: it will not.
  absl::Status Post(std::function<void()> job);

 private:
  void Run();

  const size_t max_waiting_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_WORKER_POOL_H_
