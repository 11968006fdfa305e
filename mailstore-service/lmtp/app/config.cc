#include "mailstore-service/lmtp/app/config.h"

#include <unistd.h>

#include <array>

#include "common/app/config_sections.h"
#include "common/base/status_macros.h"
#include "common/config/config.h"
#include "mailstore-service/lmtp/protocol/command.h"
#include "restante/config/v1/lmtp.pb.h"

namespace restante::lmtp {
namespace {

using config::v1::LmtpConfig;

std::string MachineName() {
  std::array<char, 256> name{};
  bool known = gethostname(name.data(), name.size() - 1) == 0 && IsClientName(name.data());
  return known ? name.data() : "localhost";
}

void ApplyMessageLimits(const config::v1::MessageLimits& limits, SessionOptions* options) {
  if (limits.max_octets() > 0) options->max_message_octets = limits.max_octets();
  if (limits.max_recipients() > 0) {
    options->max_recipients = static_cast<size_t>(limits.max_recipients());
  }
  if (limits.bare_line_ends() == config::v1::BARE_LINE_ENDS_NORMALISE) {
    options->bare_line_ends = BareLineEnds::kNormalise;
  }
}

absl::Status CheckTogether(const LmtpConfig& file, const config::KeyLines& lines) {
  if (file.addresses().empty()) return lines.Error("addresses", "one address or more", "none");
  // It stands in the greeting and in Received fields.
  if (!file.host_name().empty() && !IsClientName(file.host_name())) {
    return lines.Error("host_name", "a host name", file.host_name());
  }
  if (!file.mailstores().has_pattern() && file.mailstores().table().empty()) {
    return lines.Error("mailstores", "pattern or table", "neither");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  LmtpConfig file;
  RESTANTE_ASSIGN_OR_RETURN(config::KeyLines lines, config::LoadYamlFile(path, &file));
  RESTANTE_RETURN_IF_ERROR(CheckTogether(file, lines));
  rpc::TlsFiles tls = rpc::ToTlsFiles(file.tls());
  Config config;
  config.server.addresses.assign(file.addresses().begin(), file.addresses().end());
  config.server.session.host_name = file.host_name().empty() ? MachineName() : file.host_name();
  ApplyMessageLimits(file.messages(), &config.server.session);
  if (file.clients().max_connections() > 0) {
    config.server.max_connections = file.clients().max_connections();
  }
  app::SetDuration(file.clients().idle_timeout(), file.clients().has_idle_timeout(),
                   &config.deadlines.idle);
  app::SetDuration(file.clients().stall_timeout(), file.clients().has_stall_timeout(),
                   &config.deadlines.stall);
  config.auth = app::ToChannelOptions(file.auth(), tls);
  config.mailstores = app::ToPlacementRoutes(file.mailstores(), tls);
  app::SetDuration(file.lookup_timeout(), file.has_lookup_timeout(),
                   &config.recipients.calls.deadline);
  app::SetDuration(file.keep_recipients(), file.has_keep_recipients(), &config.recipients.keep_for);
  app::SetDuration(file.delivery_timeout(), file.has_delivery_timeout(),
                   &config.delivery.calls.deadline);
  if (file.deliveries_per_mailbox() > 0) {
    config.delivery.deliveries_per_mailbox = static_cast<size_t>(file.deliveries_per_mailbox());
  }
  config.endpoints = {file.metrics().address(), file.health().address()};
  config.log_level = app::ToLogLevel(file.log());
  config.event_loops = file.event_loops();
  app::SetDuration(file.drain_grace(), file.has_drain_grace(), &config.drain_grace);
  config.development_mode = file.development_mode();
  config.keep_identical_messages = file.keep_identical_messages();
  return config;
}

absl::Status CheckFiles(const Config& config) { return rpc::CheckTlsFiles(config.auth.tls); }

}  // namespace restante::lmtp
