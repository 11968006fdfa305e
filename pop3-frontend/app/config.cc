#include "pop3-frontend/app/config.h"

#include "common/app/config_sections.h"
#include "common/base/status_macros.h"
#include "common/config/config.h"
#include "common/net/tls_context.h"
#include "restante/config/v1/pop3.pb.h"

namespace restante::pop3 {
namespace {

using config::v1::Pop3Config;

void ApplyClientLimits(const config::v1::ClientLimits& limits, Config* config) {
  if (limits.max_connections() > 0) config->server.max_connections = limits.max_connections();
  app::SetDuration(limits.logon_timeout(), limits.has_logon_timeout(), &config->deadlines.logon);
  app::SetDuration(limits.idle_timeout(), limits.has_idle_timeout(), &config->deadlines.idle);
  app::SetDuration(limits.stall_timeout(), limits.has_stall_timeout(), &config->deadlines.stall);
  if (limits.read_ahead_octets() > 0) {
    config->maildrop.read_ahead_octets = limits.read_ahead_octets();
  }
  if (limits.total_read_ahead_octets() > 0) {
    config->maildrop.total_read_ahead_octets = limits.total_read_ahead_octets();
  }
}

absl::Status CheckTogether(const Pop3Config& file, const config::KeyLines& lines) {
  if (file.pop3_address().empty() && file.pop3s_address().empty()) {
    return lines.Error("pop3_address", "an address here or in pop3s_address", "neither");
  }
  if (!file.pop3s_address().empty() && !file.has_client_tls()) {
    return lines.Error("pop3s_address", "client_tls with it", "no client_tls");
  }
  if (!file.mailstores().has_pattern() && file.mailstores().table().empty()) {
    return lines.Error("mailstores", "pattern or table", "neither");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  Pop3Config file;
  RESTANTE_ASSIGN_OR_RETURN(config::KeyLines lines, config::LoadYamlFile(path, &file));
  RESTANTE_RETURN_IF_ERROR(CheckTogether(file, lines));
  rpc::TlsFiles tls = rpc::ToTlsFiles(file.tls());
  Config config;
  config.server.pop3_address = file.pop3_address();
  config.server.pop3s_address = file.pop3s_address();
  config.server.development_mode = file.development_mode();
  config.server.ntlm_ready_is_ok = file.ntlm_ready_is_ok();
  config.client_certificate = file.client_tls().certificate();
  config.client_private_key = file.client_tls().private_key();
  config.auth = app::ToChannelOptions(file.auth(), tls);
  config.mailstores = app::ToPlacementRoutes(file.mailstores(), tls);
  ApplyClientLimits(file.clients(), &config);
  config.endpoints = {file.metrics().address(), file.health().address()};
  config.log_level = app::ToLogLevel(file.log());
  config.event_loops = file.event_loops();
  config.drain_grace = absl::Seconds(30);
  app::SetDuration(file.drain_grace(), file.has_drain_grace(), &config.drain_grace);
  return config;
}

absl::Status CheckFiles(const Config& config) {
  RESTANTE_RETURN_IF_ERROR(rpc::CheckTlsFiles(config.auth.tls));
  if (config.client_certificate.empty()) return absl::OkStatus();
  return net::TlsContext::Load(config.client_certificate, config.client_private_key).status();
}

}  // namespace restante::pop3
