#include "common/base/change_signal.h"

#include <utility>

#include "absl/memory/memory.h"
#include "common/base/check.h"

namespace restante {

ChangeSignal::~ChangeSignal() {
  MutexLock lock(&mutex_);
  RESTANTE_CHECK(subscriptions_.empty());
}

ChangeSignal::Subscription::~Subscription() {
  MutexLock lock(&signal_.mutex_);
  std::erase(signal_.subscriptions_, this);
}

std::unique_ptr<ChangeSignal::Subscription> ChangeSignal::Subscribe(
    std::function<void()> callback) {
  auto subscription = absl::WrapUnique(new Subscription(this, std::move(callback)));
  MutexLock lock(&mutex_);
  subscriptions_.push_back(subscription.get());
  return subscription;
}

void ChangeSignal::Notify() {
  MutexLock lock(&mutex_);
  for (const Subscription* subscription : subscriptions_) subscription->callback_();
}

}  // namespace restante
