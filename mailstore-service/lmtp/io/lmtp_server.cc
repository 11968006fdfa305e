#include "mailstore-service/lmtp/io/lmtp_server.h"

#include <utility>

#include "common/base/status_macros.h"

namespace restante::lmtp {

LmtpServer::LmtpServer(const LmtpServerOptions& options, const SessionParts& parts,
                       const net::EventLoopGroup& loops)
    : options_(options), parts_(parts), host_(loops, options.max_connections) {}

absl::StatusOr<std::unique_ptr<LmtpServer>> LmtpServer::Listen(const LmtpServerOptions& options,
                                                               const SessionParts& parts,
                                                               const net::EventLoopGroup& loops) {
  std::unique_ptr<LmtpServer> server(new LmtpServer(options, parts, loops));
  for (const std::string& address : options.addresses) {
    RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<net::Listener> listener,
                              net::Listener::Listen(address, loops));
    server->ports_.push_back(listener->port());
    server->listeners_.push_back(std::move(listener));
  }
  return server;
}

void LmtpServer::Serve() {
  for (std::unique_ptr<net::Listener>& listener : listeners_) {
    host_.Serve(std::move(listener),
                {[this](net::EventLoop& loop, net::AcceptedSocket socket,
                        absl::AnyInvocable<void()> on_gone) {
                   return std::make_shared<SessionDriver>(parts_, &loop, std::move(socket),
                                                          options_.session, std::move(on_gone));
                 },
                 [this](net::AcceptedSocket socket) {
                   parts_.metrics.refused_connections().Add();
                   socket.SayBeforeClosing("421 4.3.2 Too many connections\r\n");
                 },
                 [this](const absl::Status& why) {
                   parts_.logger.Error("cannot_accept", {{"error", why.message()}});
                 }});
  }
  listeners_.clear();
}

}  // namespace restante::lmtp
