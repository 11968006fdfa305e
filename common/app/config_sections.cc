#include "common/app/config_sections.h"

#include "common/config/config.h"

namespace restante::app {

log::Level ToLogLevel(const config::v1::LogSettings& settings) {
  if (settings.level() == config::v1::LOG_LEVEL_DEBUG) return log::Level::kDebug;
  if (settings.level() == config::v1::LOG_LEVEL_WARN) return log::Level::kWarn;
  if (settings.level() == config::v1::LOG_LEVEL_ERROR) return log::Level::kError;
  return log::Level::kInfo;
}

rpc::ChannelOptions ToChannelOptions(const config::v1::RpcClient& client,
                                     const rpc::TlsFiles& tls) {
  return {client.target(), client.server_name(), tls};
}

rpc::PlacementRoutes ToPlacementRoutes(const config::v1::Mailstores& mailstores,
                                       const rpc::TlsFiles& tls) {
  rpc::PlacementRoutes routes;
  if (mailstores.has_pattern()) routes.pattern = ToChannelOptions(mailstores.pattern(), tls);
  for (const auto& [placement, client] : mailstores.table()) {
    routes.table.emplace(placement, ToChannelOptions(client, tls));
  }
  return routes;
}

void SetDuration(const google::protobuf::Duration& key, bool present, absl::Duration* value) {
  if (present) *value = config::ToDuration(key);
}

}  // namespace restante::app
