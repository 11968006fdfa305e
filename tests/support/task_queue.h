#ifndef RESTANTE_TESTS_SUPPORT_TASK_QUEUE_H_
#define RESTANTE_TESTS_SUPPORT_TASK_QUEUE_H_

#include <deque>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/net/executor.h"

namespace restante {

// An executor whose tasks run on the test's own thread, when it says so.
class TaskQueue {
 public:
  net::Executor executor() {
    return [this](net::Task task) {
      MutexLock lock(&mutex_);
      tasks_.push_back(std::move(task));
      changed_.SignalAll();
    };
  }

  // Runs tasks until `reached`.
  void RunUntil(const std::function<bool()>& reached) {
    while (!reached()) {
      net::Task task = Take();
      std::move(task)();
    }
  }

  // The next task, waiting for it.
  net::Task Take() {
    MutexLock lock(&mutex_);
    while (tasks_.empty()) changed_.Wait(&mutex_);
    net::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<net::Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

// Something that happens on another thread, and that a test waits for.
class Signal {
 public:
  void Raise() {
    MutexLock lock(&mutex_);
    raised_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (!raised_) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool raised_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_TASK_QUEUE_H_
