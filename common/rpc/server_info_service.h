#ifndef RESTANTE_COMMON_RPC_SERVER_INFO_SERVICE_H_
#define RESTANTE_COMMON_RPC_SERVER_INFO_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/access_table.h"
#include "restante/common/v1/server_info_service.grpc.pb.h"

namespace restante::rpc {

// What a program says of itself.
struct ServerDescription {
  std::string program;  // "restante-auth"
  std::string version;
  std::set<std::string> features;
  std::map<std::string, int64_t> limits;
};

// What an operator should look at, as restante.common.v1.ServerFinding.
struct ServerFinding {
  std::string cause;
  std::string finding;
  std::string next_step;
  bool is_error = false;
};
using FaultFinder = std::function<std::vector<ServerFinding>()>;

// restante.common.v1.ServerInfoService of one listener.
class ServerInfoService : public common::v1::ServerInfoService::CallbackService {
 public:
  // `access` is the listener's; `clock` outlives this. `find_faults` is called by gRPC's threads.
  ServerInfoService(ServerDescription description, AccessTable access, FaultFinder find_faults,
                    const Clock& clock);

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const common::v1::GetServerInfoRequest* request,
                                          common::v1::ServerInfo* response) override;

 private:
  const ServerDescription description_;
  const AccessTable access_;
  const FaultFinder find_faults_;
  const Clock& clock_;
  const absl::Time start_time_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_SERVER_INFO_SERVICE_H_
