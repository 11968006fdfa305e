#include "pop3-frontend/io/pop3_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "pop3-frontend/protocol/reply.h"

namespace restante::pop3 {

Pop3Server::Pop3Server(const SessionParts& parts, const net::EventLoopGroup& loops)
    : parts_(parts), host_(loops, parts.settings.Current()->limits.max_connections) {}

absl::StatusOr<std::unique_ptr<Pop3Server>> Pop3Server::Listen(
    const std::vector<ListenerOptions>& options, const SessionParts& parts,
    const net::EventLoopGroup& loops) {
  std::unique_ptr<Pop3Server> server(new Pop3Server(parts, loops));
  for (const ListenerOptions& one : options) {
    RESTANTE_CHECK(!one.traits.implicit_tls || parts.tls != nullptr || one.traits.tls != nullptr);
    RESTANTE_ASSIGN_OR_RETURN(auto listener, net::Listener::Listen(one.address, loops));
    server->traits_.push_back(one.traits);
    server->ports_.push_back(listener->port());
    server->listeners_.push_back(std::move(listener));
  }
  return server;
}

void Pop3Server::Serve() {
  for (size_t i = 0; i < listeners_.size(); ++i) Serve(std::move(listeners_[i]), traits_[i]);
  listeners_.clear();
}

void Pop3Server::Serve(std::unique_ptr<net::Listener> listener, const ListenerTraits& traits) {
  auto make_session = [this, &traits](net::EventLoop& loop, net::AcceptedSocket socket,
                                      absl::AnyInvocable<void()> on_gone) {
    return std::make_shared<SessionDriver>(parts_, traits, &loop, std::move(socket),
                                           std::move(on_gone));
  };
  auto on_too_many = [this, &traits](net::AcceptedSocket socket) {
    parts_.metrics.CountLimit(Limit::kConnections);
    if (!traits.implicit_tls) {
      socket.SayBeforeClosing(
          absl::StrCat(reply::TurnAway(TurnedAway::kTooManyConnections), "\r\n"));
    }
  };
  auto on_error = [this](const absl::Status& why) {
    parts_.logger.Error("cannot_accept", {{"error", why.message()}});
  };
  host_.Serve(std::move(listener), {make_session, on_too_many, on_error});
}

}  // namespace restante::pop3
