#include "common/app/interval_thread.h"

#include <utility>

namespace restante::app {

IntervalThread::IntervalThread(absl::Duration interval, bool at_once, Task task)
    : thread_([this, interval, at_once, task = std::move(task)] { Run(interval, at_once, task); }) {
}

IntervalThread::~IntervalThread() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

bool IntervalThread::Wait(absl::Duration longest) {
  MutexLock lock(&mutex_);
  if (!ending_) changed_.WaitFor(&mutex_, longest);
  return !ending_;
}

void IntervalThread::Run(absl::Duration interval, bool at_once, const Task& task) {
  if (at_once) task(*this);
  while (Wait(interval)) task(*this);
}

}  // namespace restante::app
