#ifndef RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_
#define RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/net/session_host.h"
#include "pop3-frontend/io/session_driver.h"

namespace restante::pop3 {

struct Pop3ServerOptions {
  // HOST:PORT each; port 0 takes a free one. Empty: not listened on.
  std::string pop3_address;
  std::string pop3s_address;  // needs SessionParts::tls
  // Over all loops; more are told that the server is busy, and closed.
  int max_connections = 20'000;
  // Clients on the loopback interface may log on without TLS.
  bool development_mode = false;
  bool ntlm_ready_is_ok = false;
};

// The POP3 and POP3S listeners of a front end and the sessions behind them, each on the loop that
// accepted it.
class Pop3Server {
 public:
  // Listens, accepts nothing yet. UNAVAILABLE or INVALID_ARGUMENT, with the address, when it cannot
  // listen there. `loops` and everything in `parts` outlive the server.
  static absl::StatusOr<std::unique_ptr<Pop3Server>> Listen(const Pop3ServerOptions& options,
                                                            const SessionParts& parts,
                                                            const net::EventLoopGroup& loops);

  // 0 where there is no such listener.
  uint16_t pop3_port() const { return pop3_port_; }
  uint16_t pop3s_port() const { return pop3s_port_; }

  // Begins to accept. Once.
  void Serve();

  // Accepts nothing more, ends the sessions that have no maildrop, lets the others go on for
  // `grace`, ends those still there, and returns when all are gone, at the latest 5 s after that.
  // Not to be called on a loop.
  void Drain(absl::Duration grace) { host_.Drain(grace); }

 private:
  Pop3Server(const Pop3ServerOptions& options, const SessionParts& parts,
             const net::EventLoopGroup& loops);
  void Serve(std::unique_ptr<net::Listener> listener, bool implicit_tls);

  const Pop3ServerOptions options_;
  const SessionParts parts_;
  std::unique_ptr<net::Listener> pop3_;  // until Serve
  std::unique_ptr<net::Listener> pop3s_;
  uint16_t pop3_port_ = 0;
  uint16_t pop3s_port_ = 0;
  net::SessionHost host_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_POP3_SERVER_H_
