#ifndef RESTANTE_COMMON_NET_LISTENER_H_
#define RESTANTE_COMMON_NET_LISTENER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"

namespace restante::net {

// One TCP address with a listening socket on every loop of a group, so that the kernel spreads
// connections and none changes its thread. The address is not shared with other processes.
class Listener {
 public:
  struct Callbacks {
    // A new connection, on the thread of the loop that it belongs to.
    std::function<void(EventLoop& loop, AcceptedSocket socket)> on_accept;
    // Accepting failed (out of file descriptors, say); it goes on after 100 ms. On a loop's thread.
    std::function<void(const absl::Status& why)> on_error;
  };

  // `address` is HOST:PORT or [IPV6]:PORT; port 0 takes a free one. Listens from now on, accepts
  // from Accept on. UNAVAILABLE, with the address, when it cannot listen there; INVALID_ARGUMENT
  // for what is no address. `loops` outlives the listener.
  static absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address,
                                                          const EventLoopGroup& loops);
  // Stop, when it was not called.
  ~Listener();

  // Once.
  void Accept(Callbacks callbacks);
  // Accepts nothing more. No callback runs once it returns. Not to be called on a loop.
  void Stop();

  uint16_t port() const { return port_; }

 private:
  class Acceptor;
  Listener(std::vector<std::unique_ptr<Acceptor>> acceptors, uint16_t port);

  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Callbacks callbacks_;  // once they accept
  const uint16_t port_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_LISTENER_H_
