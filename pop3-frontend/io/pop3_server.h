#ifndef RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_
#define RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/net/session_host.h"
#include "pop3-frontend/io/session_driver.h"

namespace restante::pop3 {

struct ListenerOptions {
  // HOST:PORT or [IPV6]:PORT; port 0 takes a free one.
  std::string address;
  // `implicit_tls` needs SessionParts::tls or a `tls` of its own.
  ListenerTraits traits;
  // The file of authorities that `traits.tls` asks clients' certificates of; empty for none. For
  // whoever makes that.
  std::string client_authorities = {};
};

// The listeners of a front end and the sessions behind them, each on the loop that
// accepted it.
class Pop3Server {
 public:
  // Listens, accepts nothing yet. UNAVAILABLE or INVALID_ARGUMENT, with the address, when it cannot
  // listen there. `loops` and everything in `parts` outlive the server.
  static absl::StatusOr<std::unique_ptr<Pop3Server>> Listen(
      const std::vector<ListenerOptions>& options, const SessionParts& parts,
      const net::EventLoopGroup& loops);

  // In the order of the options.
  const std::vector<uint16_t>& ports() const { return ports_; }

  // Begins to accept. Once.
  void Serve();

  // From now on. Thread-safe.
  void SetMaxConnections(int connections) { host_.SetMaxConnections(connections); }

  // Accepts nothing more, ends the sessions that have no maildrop, lets the others go on for
  // `grace`, ends those still there, and returns when all are gone, at the latest 5 s after that.
  // Not to be called on a loop.
  void Drain(absl::Duration grace) { host_.Drain(grace); }

 private:
  Pop3Server(const SessionParts& parts, const net::EventLoopGroup& loops);
  void Serve(std::unique_ptr<net::Listener> listener, const ListenerTraits& traits);

  const SessionParts parts_;
  std::vector<ListenerTraits> traits_;                     // does not change once they serve
  std::vector<std::unique_ptr<net::Listener>> listeners_;  // until Serve
  std::vector<uint16_t> ports_;
  net::SessionHost host_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_
