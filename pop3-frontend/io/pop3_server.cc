#include "pop3-frontend/io/pop3_server.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace restante::pop3 {

Pop3Server::Pop3Server(const Pop3ServerOptions& options, const SessionParts& parts,
                       const net::EventLoopGroup& loops)
    : options_(options), parts_(parts), host_(loops, options.max_connections) {}

absl::StatusOr<std::unique_ptr<Pop3Server>> Pop3Server::Listen(const Pop3ServerOptions& options,
                                                               const SessionParts& parts,
                                                               const net::EventLoopGroup& loops) {
  RESTANTE_CHECK(options.pop3s_address.empty() || parts.tls != nullptr);
  std::unique_ptr<Pop3Server> server(new Pop3Server(options, parts, loops));
  if (!options.pop3_address.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(server->pop3_, net::Listener::Listen(options.pop3_address, loops));
    server->pop3_port_ = server->pop3_->port();
  }
  if (!options.pop3s_address.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(server->pop3s_, net::Listener::Listen(options.pop3s_address, loops));
    server->pop3s_port_ = server->pop3s_->port();
  }
  return server;
}

void Pop3Server::Serve() {
  if (pop3_ != nullptr) Serve(std::move(pop3_), /*implicit_tls=*/false);
  if (pop3s_ != nullptr) Serve(std::move(pop3s_), /*implicit_tls=*/true);
}

void Pop3Server::Serve(std::unique_ptr<net::Listener> listener, bool implicit_tls) {
  auto make_session = [this, implicit_tls](net::EventLoop& loop, net::AcceptedSocket socket,
                                           absl::AnyInvocable<void()> on_gone) {
    SessionOptions options;
    options.logon_without_tls = options_.development_mode && socket.peer().loopback;
    options.ntlm_ready_is_ok = options_.ntlm_ready_is_ok;
    return std::make_shared<SessionDriver>(parts_, &loop, std::move(socket), options, implicit_tls,
                                           std::move(on_gone));
  };
  auto on_too_many = [this, implicit_tls](net::AcceptedSocket socket) {
    parts_.metrics.refused_connections().Add();
    if (!implicit_tls) socket.SayBeforeClosing("-ERR [SYS/TEMP] Too many connections\r\n");
  };
  auto on_error = [this](const absl::Status& why) {
    parts_.logger.Error("cannot_accept", {{"error", why.message()}});
  };
  host_.Serve(std::move(listener), {make_session, on_too_many, on_error});
}

}  // namespace restante::pop3
