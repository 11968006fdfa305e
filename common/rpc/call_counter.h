#ifndef RESTANTE_COMMON_RPC_CALL_COUNTER_H_
#define RESTANTE_COMMON_RPC_CALL_COUNTER_H_

#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"

namespace restante::rpc {

// Lets the owner of calls wait until the last has ended. Thread-safe.
class CallCounter {
 public:
  // Counts one call, or what else may call back, for as long as it lives. False: StopAndWait was
  // called, nothing may begin.
  class Ticket {
   public:
    Ticket() = default;
    explicit Ticket(CallCounter* counter) : counter_(counter) {}
    Ticket(Ticket&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(counter_, other.counter_);
      return *this;
    }
    ~Ticket() {
      if (counter_ != nullptr) counter_->Leave();
    }
    explicit operator bool() const { return counter_ != nullptr; }

   private:
    CallCounter* counter_ = nullptr;
  };

  [[nodiscard]] Ticket Enter() {
    MutexLock lock(&mutex_);
    if (stopped_) return Ticket();
    ++calls_;
    return Ticket(this);
  }

  void StopAndWait() {
    MutexLock lock(&mutex_);
    stopped_ = true;
    while (calls_ > 0) none_left_.Wait(&mutex_);
  }

 private:
  void Leave() {
    MutexLock lock(&mutex_);
    if (--calls_ == 0) none_left_.SignalAll();
  }

  Mutex mutex_;
  CondVar none_left_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CALL_COUNTER_H_
