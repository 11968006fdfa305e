#include "pop3-frontend/app/tls_reloader.h"

#include "common/base/mutex.h"

namespace restante::pop3 {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);

}  // namespace

TlsReloader::TlsReloader(net::TlsContextSource* source, net::EventLoop* loop,
                         const log::Logger& logger)
    : source_(source), loop_(*loop), logger_(logger) {
  if (source_ != nullptr) loop_.Post([this] { Schedule(); });
}

TlsReloader::~TlsReloader() {
  Mutex mutex;
  CondVar done;
  bool cancelled = false;
  loop_.Post([&] {
    timer_.Cancel();
    MutexLock lock(&mutex);
    cancelled = true;
    done.SignalAll();
  });
  MutexLock lock(&mutex);
  while (!cancelled) done.Wait(&mutex);
}

void TlsReloader::Schedule() {
  timer_ = loop_.After(kInterval, [this] {
    ReloadNow();
    Schedule();
  });
}

void TlsReloader::ReloadNow() const {
  if (source_ == nullptr) return;
  absl::Status status = source_->Reload();
  if (!status.ok()) logger_.Error("client_tls_not_reloaded", {{"error", status.message()}});
}

}  // namespace restante::pop3
