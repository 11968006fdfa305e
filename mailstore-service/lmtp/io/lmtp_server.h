#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_SERVER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/net/session_host.h"
#include "mailstore-service/lmtp/io/session_driver.h"

namespace restante::lmtp {

struct LmtpServerOptions {
  // HOST:PORT each; port 0 takes a free one.
  std::vector<std::string> addresses;
  // Over all listeners; more are told 421, and closed.
  int max_connections = 1000;
  SessionOptions session;
};

// The LMTP listeners of an ingress and the sessions behind them.
class LmtpServer {
 public:
  // Listens, accepts nothing yet. UNAVAILABLE or INVALID_ARGUMENT, with the address, when it cannot
  // listen there. `loops` and everything in `parts` outlive the server.
  static absl::StatusOr<std::unique_ptr<LmtpServer>> Listen(const LmtpServerOptions& options,
                                                            const SessionParts& parts,
                                                            const net::EventLoopGroup& loops);

  // In the order of the addresses.
  const std::vector<uint16_t>& ports() const { return ports_; }

  // Begins to accept. Once.
  void Serve();

  // Accepts nothing more, ends the sessions that are not within a message, lets the others finish
  // it for `grace`, and returns when all are gone. Not to be called on a loop.
  void Drain(absl::Duration grace) { host_.Drain(grace); }

 private:
  LmtpServer(const LmtpServerOptions& options, const SessionParts& parts,
             const net::EventLoopGroup& loops);

  const LmtpServerOptions options_;
  const SessionParts parts_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;  // until Serve
  std::vector<uint16_t> ports_;
  net::SessionHost host_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_SERVER_H_
