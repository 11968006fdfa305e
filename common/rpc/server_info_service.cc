#include "common/rpc/server_info_service.h"

#include <utility>

#include "common/rpc/peer_identity.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {

ServerInfoService::ServerInfoService(ServerDescription description, AccessTable access,
                                     const Clock& clock)
    : description_(std::move(description)),
      access_(std::move(access)),
      clock_(clock),
      start_time_(clock.WallNow()) {}

grpc::ServerUnaryReactor* ServerInfoService::GetServerInfo(
    grpc::CallbackServerContext* context, const common::v1::GetServerInfoRequest* /*request*/,
    common::v1::ServerInfo* response) {
  const PeerIdentity caller = GetPeerIdentity(*context);
  response->set_program(description_.program);
  response->set_version(description_.version);
  for (const std::string& feature : description_.features) response->add_features(feature);
  response->mutable_limits()->insert(description_.limits.begin(), description_.limits.end());
  *response->mutable_time() = ToTimestamp(clock_.WallNow());
  *response->mutable_start_time() = ToTimestamp(start_time_);
  response->set_caller(caller.uri);
  for (const std::string& role : caller.roles) response->add_caller_roles(role);
  for (const std::string& method : access_.MethodsFor(caller)) {
    response->add_callable_methods(method);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace restante::rpc
