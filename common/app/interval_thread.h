#ifndef RESTANTE_COMMON_APP_INTERVAL_THREAD_H_
#define RESTANTE_COMMON_APP_INTERVAL_THREAD_H_

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace restante::app {

// Runs a task again and again on a thread of its own, an interval after it last ended. Thread-safe.
class IntervalThread {
 public:
  // The task may ask with Wait whether to go on. The first one runs at once, or after an interval.
  using Task = std::function<void(IntervalThread&)>;
  IntervalThread(absl::Duration interval, bool at_once, Task task);
  // Waits for the task under way.
  ~IntervalThread();
  IntervalThread(const IntervalThread&) = delete;
  IntervalThread& operator=(const IntervalThread&) = delete;

  // Waits so long, or less. False when it is time to end.
  bool Wait(absl::Duration longest);

 private:
  void Run(absl::Duration interval, bool at_once, const Task& task);

  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_INTERVAL_THREAD_H_
