#include "common/net/session_host.h"

#include <map>
#include <utility>

#include "common/base/check.h"

namespace restante::net {
namespace {

constexpr absl::Duration kGoodbyes = absl::Seconds(5);

}  // namespace

// The sessions of one loop. Everything on the loop's thread, except construction and loop().
class SessionHost::LoopSessions {
 public:
  explicit LoopSessions(EventLoop* loop) : loop_(*loop) {}

  EventLoop& loop() { return loop_; }

  void Add(std::shared_ptr<HostedSession> session) {
    HostedSession* key = session.get();
    sessions_.emplace(key, std::move(session));
    key->Start();
  }
  // The session may be the caller.
  void Remove(HostedSession* session) { sessions_.erase(session); }

  void Drain() {
    for (const auto& session : Copy()) session->Drain(/*over=*/false);
  }
  void EndDrain() {
    for (const auto& session : Copy()) session->Drain(/*over=*/true);
  }
  void Cut() {
    for (const auto& session : Copy()) session->Cut();
  }

 private:
  // A session that ends leaves the map.
  std::vector<std::shared_ptr<HostedSession>> Copy() const {
    std::vector<std::shared_ptr<HostedSession>> sessions;
    for (const auto& [key, session] : sessions_) sessions.push_back(session);
    return sessions;
  }

  EventLoop& loop_;
  std::map<HostedSession*, std::shared_ptr<HostedSession>> sessions_;
};

SessionHost::SessionHost(const EventLoopGroup& loops, int max_connections)
    : max_connections_(max_connections) {
  for (size_t i = 0; i < loops.size(); ++i) {
    loops_.push_back(std::make_unique<LoopSessions>(&loops.loop(i)));
  }
}

SessionHost::~SessionHost() { Drain(absl::ZeroDuration()); }

void SessionHost::Serve(std::unique_ptr<Listener> listener, Callbacks callbacks) {
  auto shared = std::make_shared<const Callbacks>(std::move(callbacks));
  listeners_.push_back(std::move(listener));
  listeners_.back()->Accept({[this, shared](EventLoop& loop, AcceptedSocket socket) {
                               Accept(*shared, loop, std::move(socket));
                             },
                             shared->on_error});
}

void SessionHost::Accept(const Callbacks& callbacks, EventLoop& loop, AcceptedSocket socket) {
  if (!CountIn()) return callbacks.on_too_many(std::move(socket));
  for (const auto& sessions : loops_) {
    if (&sessions->loop() != &loop) continue;
    auto key = std::make_shared<HostedSession*>(nullptr);
    std::shared_ptr<HostedSession> session =
        callbacks.make_session(loop, std::move(socket), [this, here = sessions.get(), key] {
          here->Remove(*key);
          CountOut();
        });
    *key = session.get();
    return sessions->Add(std::move(session));
  }
}

void SessionHost::SetMaxConnections(int connections) {
  MutexLock lock(&mutex_);
  max_connections_ = connections;
}

bool SessionHost::CountIn() {
  MutexLock lock(&mutex_);
  if (connections_ >= max_connections_) return false;
  ++connections_;
  return true;
}

void SessionHost::CountOut() {
  MutexLock lock(&mutex_);
  if (--connections_ == 0) changed_.SignalAll();
}

bool SessionHost::WaitForNone(absl::Duration longest) {
  absl::Duration deadline = loops_.front()->loop().Now() + longest;
  MutexLock lock(&mutex_);
  while (connections_ > 0) {
    absl::Duration left = deadline - loops_.front()->loop().Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

void SessionHost::ForEachLoop(void (LoopSessions::*action)()) {
  for (const auto& sessions : loops_) {
    sessions->loop().Post([sessions = sessions.get(), action] { (sessions->*action)(); });
  }
}

void SessionHost::WaitForLoops() {
  Mutex mutex;
  CondVar passed;
  size_t busy = loops_.size();
  for (const auto& sessions : loops_) {
    sessions->loop().Post([&] {
      MutexLock lock(&mutex);
      if (--busy == 0) passed.SignalAll();
    });
  }
  MutexLock lock(&mutex);
  while (busy > 0) passed.Wait(&mutex);
}

void SessionHost::Drain(absl::Duration grace) {
  for (const auto& listener : listeners_) listener->Stop();
  ForEachLoop(&LoopSessions::Drain);
  if (!WaitForNone(grace)) {
    ForEachLoop(&LoopSessions::EndDrain);
    if (!WaitForNone(kGoodbyes)) {
      ForEachLoop(&LoopSessions::Cut);
      RESTANTE_CHECK(WaitForNone(absl::Hours(1)));
    }
  }
  // The last session has been counted out, but may not be destroyed yet.
  WaitForLoops();
}

}  // namespace restante::net
