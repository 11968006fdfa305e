#ifndef RESTANTE_COMMON_NET_SESSION_HOST_H_
#define RESTANTE_COMMON_NET_SESSION_HOST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"

namespace restante::net {

// What owns a connection, as its host sees it. On the thread of the connection's loop alone.
class HostedSession {
 public:
  virtual ~HostedSession() = default;

  // Once, first.
  virtual void Start() = 0;
  // The server goes down: end as soon as the protocol lets you, or soon when the time is `over`.
  virtual void Drain(bool over) = 0;
  // End without a further word.
  virtual void Cut() = 0;
};

// The sessions behind a server's listeners, each on the loop that accepted it: counts them, and
// ends them when the server goes down. Thread-safe, but not to be called on a loop.
class SessionHost {
 public:
  // What to do with a connection, on its loop's thread.
  struct Callbacks {
    // Makes a session. It calls `on_gone` at its end, once, and may be gone when that returns.
    std::function<std::shared_ptr<HostedSession>(EventLoop& loop, AcceptedSocket socket,
                                                 absl::AnyInvocable<void()> on_gone)>
        make_session;
    // There are too many.
    std::function<void(AcceptedSocket socket)> on_too_many;
    // As Listener::Callbacks.
    std::function<void(const absl::Status& why)> on_error;
  };

  // `loops` outlives the host. `max_connections` over all loops and listeners.
  SessionHost(const EventLoopGroup& loops, int max_connections);
  // Cuts all sessions, unless Drain was called.
  ~SessionHost();
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  // From now on; those that are there may be more. Thread-safe.
  void SetMaxConnections(int connections);

  // Accepts from `listener` until Drain.
  void Serve(std::unique_ptr<Listener> listener, Callbacks callbacks);

  // Accepts nothing more, tells every session to drain, tells those that are there after `grace`
  // that it is over, cuts the rest 5 s later, and returns when all are gone.
  void Drain(absl::Duration grace);

 private:
  class LoopSessions;

  void Accept(const Callbacks& callbacks, EventLoop& loop, AcceptedSocket socket);
  bool CountIn();
  void CountOut();
  // Whether none is left.
  bool WaitForNone(absl::Duration longest);
  void WaitForLoops();
  void ForEachLoop(void (LoopSessions::*action)());

  std::vector<std::unique_ptr<LoopSessions>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Mutex mutex_;
  CondVar changed_;
  int max_connections_ ABSL_GUARDED_BY(mutex_);
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_SESSION_HOST_H_
