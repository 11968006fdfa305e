#ifndef RESTANTE_COMMON_BASE_CHANGE_SIGNAL_H_
#define RESTANTE_COMMON_BASE_CHANGE_SIGNAL_H_

#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.h"

namespace restante {

// Tells whoever asked for it that something has changed, not what. Thread-safe.
class ChangeSignal {
 public:
  ChangeSignal() = default;
  // No subscription is left.
  ~ChangeSignal();
  ChangeSignal(const ChangeSignal&) = delete;
  ChangeSignal& operator=(const ChangeSignal&) = delete;

  // Destroying it waits for a running callback and ends the callbacks. Must not be destroyed by the
  // callback itself.
  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    friend class ChangeSignal;
    Subscription(ChangeSignal* signal, std::function<void()> callback)
        : signal_(*signal), callback_(std::move(callback)) {}

    ChangeSignal& signal_;
    const std::function<void()> callback_;
  };

  // Calls back at each Notify that begins from now on, on the notifying thread, one after the
  // other. The callback must be short and must not subscribe or notify.
  std::unique_ptr<Subscription> Subscribe(std::function<void()> callback);

  void Notify();

 private:
  Mutex mutex_;  // held while callbacks run
  std::vector<const Subscription*> subscriptions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_CHANGE_SIGNAL_H_
