#ifndef RESTANTE_TESTS_SUPPORT_EVENT_RECORD_H_
#define RESTANTE_TESTS_SUPPORT_EVENT_RECORD_H_

#include <deque>
#include <string>
#include <utility>

#include "common/base/mutex.h"

namespace restante {

// What happens on other threads, in order, waited for by the test's own. Thread-safe.
class EventRecord {
 public:
  void Add(std::string what) {
    MutexLock lock(&mutex_);
    entries_.push_back(std::move(what));
    changed_.SignalAll();
  }
  // The next entry, waiting for it.
  std::string Next() {
    MutexLock lock(&mutex_);
    while (entries_.empty()) changed_.Wait(&mutex_);
    std::string entry = std::move(entries_.front());
    entries_.pop_front();
    return entry;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_EVENT_RECORD_H_
