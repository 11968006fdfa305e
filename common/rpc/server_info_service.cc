#include "common/rpc/server_info_service.h"

#include <utility>

#include "common/rpc/peer_identity.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {
namespace {

constexpr int kMaxFindings = 20;

}  // namespace

ServerInfoService::ServerInfoService(ServerDescription description, AccessTable access,
                                     FaultFinder find_faults, const Clock& clock)
    : description_(std::move(description)),
      access_(std::move(access)),
      find_faults_(std::move(find_faults)),
      clock_(clock),
      start_time_(clock.WallNow()) {}

grpc::ServerUnaryReactor* ServerInfoService::GetServerInfo(
    grpc::CallbackServerContext* context, const common::v1::GetServerInfoRequest* request,
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
  if (request->check()) {
    for (const ServerFinding& fault : find_faults_()) {
      if (response->findings_size() == kMaxFindings) break;
      common::v1::ServerFinding* finding = response->add_findings();
      finding->set_cause(fault.cause);
      finding->set_finding(fault.finding);
      finding->set_next_step(fault.next_step);
      finding->set_is_error(fault.is_error);
    }
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace restante::rpc
