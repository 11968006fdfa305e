#ifndef RESTANTE_COMMON_APP_CONFIG_SECTIONS_H_
#define RESTANTE_COMMON_APP_CONFIG_SECTIONS_H_

#include "absl/time/time.h"
#include "common/log/logger.h"
#include "common/rpc/channel.h"
#include "common/rpc/placement_router.h"
#include "restante/config/v1/server.pb.h"

// From the sections that every program's configuration has to what they configure, defaults
// applied. Pure functions.
namespace restante::app {

log::Level ToLogLevel(const config::v1::LogSettings& settings);

rpc::ChannelOptions ToChannelOptions(const config::v1::RpcClient& client, const rpc::TlsFiles& tls);

rpc::PlacementRoutes ToPlacementRoutes(const config::v1::Mailstores& mailstores,
                                       const rpc::TlsFiles& tls);

// Leaves `value`, the default, alone when the key is not there.
void SetDuration(const google::protobuf::Duration& key, bool present, absl::Duration* value);

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_CONFIG_SECTIONS_H_
