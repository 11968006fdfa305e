#include "pop3-frontend/app/config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/app/config_sections.h"
#include "common/app/key_files.h"
#include "common/base/status_macros.h"
#include "common/config/config.h"
#include "common/net/tls_context.h"
#include "restante/config/v1/pop3.pb.h"

namespace restante::pop3 {
namespace {

using config::v1::Pop3Config;

// Limits are positive; 0 is a key that is not there.
template <typename Number>
void SetWhenThere(Number key, Number* value) {
  if (key > 0) *value = key;
}

void ApplyClientLimits(const config::v1::ClientLimits& limits, Config* config) {
  ClientDeadlines& deadlines = config->clients.deadlines;
  app::SetDuration(limits.logon_timeout(), limits.has_logon_timeout(), &deadlines.logon);
  app::SetDuration(limits.idle_timeout(), limits.has_idle_timeout(), &deadlines.idle);
  app::SetDuration(limits.stall_timeout(), limits.has_stall_timeout(), &deadlines.stall);
  ClientLimits& most = config->clients.limits;
  SetWhenThere(limits.max_connections(), &most.max_connections);
  SetWhenThere(limits.max_connections_per_source(), &most.max_connections_per_source);
  SetWhenThere(limits.max_sessions(), &most.max_sessions);
  SetWhenThere(limits.max_sessions_per_source(), &most.max_sessions_per_source);
  SetWhenThere(limits.max_unread_octets(), &most.max_unread_octets);
  SetWhenThere(limits.max_total_unread_octets(), &most.max_total_unread_octets);
  SetWhenThere(limits.max_unread_octets_per_source(), &most.max_unread_octets_per_source);
  SetWhenThere(limits.read_ahead_octets(), &config->maildrop.read_ahead_octets);
  SetWhenThere(limits.total_read_ahead_octets(), &config->maildrop.total_read_ahead_octets);
  SetWhenThere(limits.read_ahead_octets_per_source(),
               &config->maildrop.read_ahead_octets_per_source);
}

void ApplyClientTls(const config::v1::ClientTls& tls, Config* config) {
  std::vector<std::string>& files = config->client_tls_files;
  auto add = [&](const std::string& certificate, const std::string& private_key) {
    config->client_tls.certificates.push_back({certificate, private_key});
    files.insert(files.end(), {certificate, private_key});
  };
  add(tls.certificate(), tls.private_key());
  for (const auto& more : tls.more_certificates()) add(more.certificate(), more.private_key());
  if (!tls.has_ticket_keys()) return;
  std::string directory = tls.ticket_keys().directory();
  config->client_tls.load_ticket_keys = [directory, active = tls.ticket_keys().active()] {
    return app::LoadKeyRing(directory, active);
  };
  files.push_back(std::move(directory));
}

ListenerOptions MakeListener(const Pop3Config& file, const std::string& address,
                             bool implicit_tls) {
  ListenerOptions listener;
  listener.address = address;
  listener.traits.implicit_tls = implicit_tls;
  listener.traits.development_mode = file.development_mode();
  return listener;
}

absl::Status AddListeners(const Pop3Config& file, const config::KeyLines& lines, Config* config) {
  if (!file.pop3_address().empty()) {
    config->listeners.push_back(MakeListener(file, file.pop3_address(), false));
  }
  if (!file.pop3s_address().empty()) {
    config->listeners.push_back(MakeListener(file, file.pop3s_address(), true));
  }
  for (int i = 0; i < file.listeners_size(); ++i) {
    const config::v1::Pop3Listener& one = file.listeners(i);
    std::string key = absl::StrCat("listeners[", i, "]");
    if (one.implicit_tls() && !file.has_client_tls()) {
      return lines.Error(key + ".implicit_tls", "client_tls with it", "no client_tls");
    }
    if (!one.client_ca().empty() && !file.has_client_tls()) {
      return lines.Error(key + ".client_ca", "client_tls with it", "no client_tls");
    }
    ListenerOptions listener = MakeListener(file, one.address(), one.implicit_tls());
    if (one.has_stls()) listener.traits.offers_stls = one.stls();
    listener.traits.ntlm_ready_is_ok = one.ntlm_ready_is_ok();
    listener.client_authorities = one.client_ca();
    if (!one.client_ca().empty()) config->client_tls_files.push_back(one.client_ca());
    for (const std::string& text : one.proxy_networks()) {
      absl::StatusOr<net::IpNetwork> network = net::IpNetwork::Parse(text);
      if (!network.ok()) {
        return lines.Error(key + ".proxy_networks", "networks such as 192.0.2.0/24", text);
      }
      listener.traits.proxy_networks.push_back(*network);
    }
    config->listeners.push_back(std::move(listener));
  }
  return absl::OkStatus();
}

absl::Status CheckTogether(const Pop3Config& file, const config::KeyLines& lines) {
  if (file.pop3_address().empty() && file.pop3s_address().empty() && file.listeners().empty()) {
    return lines.Error("pop3_address", "an address here, in pop3s_address or in listeners", "none");
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
  config.path = path;
  config.file = std::make_shared<const Pop3Config>(file);
  RESTANTE_RETURN_IF_ERROR(AddListeners(file, lines, &config));
  config.development_mode = file.development_mode();
  config.clients.ntlm_ready_is_ok = file.ntlm_ready_is_ok();
  if (file.has_client_tls()) ApplyClientTls(file.client_tls(), &config);
  config.auth = app::ToChannelOptions(file.auth(), tls);
  config.mailstores = app::ToPlacementRoutes(file.mailstores(), tls);
  ApplyClientLimits(file.clients(), &config);
  config.endpoints = {file.metrics().address(), file.health().address()};
  config.log_level = app::ToLogLevel(file.log());
  config.event_loops = file.event_loops();
  config.drain_grace = absl::Seconds(90);
  app::SetDuration(file.drain_grace(), file.has_drain_grace(), &config.drain_grace);
  return config;
}

absl::Status CheckFiles(const Config& config) {
  RESTANTE_RETURN_IF_ERROR(rpc::CheckTlsFiles(config.auth.tls));
  if (config.client_tls.certificates.empty()) return absl::OkStatus();
  RESTANTE_RETURN_IF_ERROR(net::TlsContext::Load(config.client_tls).status());
  net::TlsSettings settings = config.client_tls;
  for (const ListenerOptions& listener : config.listeners) {
    settings.client_authorities = listener.client_authorities;
    RESTANTE_RETURN_IF_ERROR(net::TlsContext::Load(settings).status());
  }
  return absl::OkStatus();
}

}  // namespace restante::pop3
