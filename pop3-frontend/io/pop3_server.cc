#include "pop3-frontend/io/pop3_server.h"

#include <map>
#include <utility>

#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace restante::pop3 {
namespace {

constexpr absl::Duration kGoodbyes = absl::Seconds(5);

}  // namespace

// The sessions of one loop. Everything on the loop's thread, except construction and loop().
class Pop3Server::LoopSessions {
 public:
  explicit LoopSessions(net::EventLoop* loop) : loop_(*loop) {}

  net::EventLoop& loop() { return loop_; }

  void Add(std::shared_ptr<SessionDriver> driver) {
    SessionDriver* key = driver.get();
    sessions_.emplace(key, std::move(driver));
    key->Start();
  }
  // The session may be the caller.
  void Remove(SessionDriver* driver) { sessions_.erase(driver); }

  void EndThoseWithoutMaildrop() { DrainAll(false); }
  void EndAll() { DrainAll(true); }
  void Cut() {
    for (const auto& driver : Copy()) driver->OnEnd(absl::CancelledError("going down"));
  }

 private:
  // A session that ends leaves the map.
  std::vector<std::shared_ptr<SessionDriver>> Copy() const {
    std::vector<std::shared_ptr<SessionDriver>> drivers;
    for (const auto& [key, driver] : sessions_) drivers.push_back(driver);
    return drivers;
  }
  void DrainAll(bool now) {
    for (const auto& driver : Copy()) driver->Drain(now);
  }

  net::EventLoop& loop_;
  std::map<SessionDriver*, std::shared_ptr<SessionDriver>> sessions_;
};

Pop3Server::Pop3Server(const Pop3ServerOptions& options, SessionParts parts,
                       const net::EventLoopGroup& loops)
    : options_(options), parts_(std::move(parts)) {
  for (size_t i = 0; i < loops.size(); ++i) {
    loops_.push_back(std::make_unique<LoopSessions>(&loops.loop(i)));
  }
}

absl::StatusOr<std::unique_ptr<Pop3Server>> Pop3Server::Listen(const Pop3ServerOptions& options,
                                                               SessionParts parts,
                                                               const net::EventLoopGroup& loops) {
  RESTANTE_CHECK(options.pop3s_address.empty() || parts.tls != nullptr);
  std::unique_ptr<Pop3Server> server(new Pop3Server(options, std::move(parts), loops));
  if (!options.pop3_address.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(server->pop3_, net::Listener::Listen(options.pop3_address, loops));
  }
  if (!options.pop3s_address.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(server->pop3s_, net::Listener::Listen(options.pop3s_address, loops));
  }
  return server;
}

Pop3Server::~Pop3Server() { Drain(absl::ZeroDuration()); }

uint16_t Pop3Server::pop3_port() const { return pop3_ == nullptr ? uint16_t{0} : pop3_->port(); }
uint16_t Pop3Server::pop3s_port() const { return pop3s_ == nullptr ? uint16_t{0} : pop3s_->port(); }

void Pop3Server::Serve() {
  auto callbacks = [this](bool implicit_tls) {
    return net::Listener::Callbacks{
        [this, implicit_tls](net::EventLoop& loop, net::AcceptedSocket socket) {
          for (const auto& sessions : loops_) {
            if (&sessions->loop() == &loop) Accept(sessions.get(), std::move(socket), implicit_tls);
          }
        },
        [this](const absl::Status& why) {
          parts_.logger.Error("cannot_accept", {{"error", why.message()}});
        }};
  };
  if (pop3_ != nullptr) pop3_->Accept(callbacks(false));
  if (pop3s_ != nullptr) pop3s_->Accept(callbacks(true));
}

void Pop3Server::Accept(LoopSessions* sessions, net::AcceptedSocket socket, bool implicit_tls) {
  if (!CountIn()) {
    parts_.metrics.refused_connections().Add();
    if (!implicit_tls) socket.SayBeforeClosing("-ERR [SYS/TEMP] Too many connections\r\n");
    return;
  }
  SessionOptions options;
  options.logon_without_tls = options_.development_mode && socket.peer().loopback;
  options.ntlm_ready_is_ok = options_.ntlm_ready_is_ok;
  auto slot = std::make_shared<SessionDriver*>(nullptr);
  auto driver = std::make_shared<SessionDriver>(parts_, &sessions->loop(), std::move(socket),
                                                options, implicit_tls, [this, sessions, slot] {
                                                  sessions->Remove(*slot);
                                                  CountOut();
                                                });
  *slot = driver.get();
  sessions->Add(std::move(driver));
}

bool Pop3Server::CountIn() {
  MutexLock lock(&mutex_);
  if (connections_ >= options_.max_connections) return false;
  ++connections_;
  return true;
}

void Pop3Server::CountOut() {
  MutexLock lock(&mutex_);
  if (--connections_ == 0) changed_.SignalAll();
}

bool Pop3Server::WaitForNone(absl::Duration longest) {
  absl::Duration deadline = loops_.front()->loop().Now() + longest;
  MutexLock lock(&mutex_);
  while (connections_ > 0) {
    absl::Duration left = deadline - loops_.front()->loop().Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

void Pop3Server::ForEachLoop(void (LoopSessions::*action)()) {
  for (const auto& sessions : loops_) {
    sessions->loop().Post([sessions = sessions.get(), action] { (sessions->*action)(); });
  }
}

void Pop3Server::WaitForLoops() {
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

void Pop3Server::Drain(absl::Duration grace) {
  if (pop3_ != nullptr) pop3_->Stop();
  if (pop3s_ != nullptr) pop3s_->Stop();
  ForEachLoop(&LoopSessions::EndThoseWithoutMaildrop);
  if (!WaitForNone(grace)) {
    ForEachLoop(&LoopSessions::EndAll);
    if (!WaitForNone(kGoodbyes)) {
      ForEachLoop(&LoopSessions::Cut);
      RESTANTE_CHECK(WaitForNone(absl::Hours(1)));
    }
  }
  // The last session has been counted out, but may not be destroyed yet.
  WaitForLoops();
}

}  // namespace restante::pop3
