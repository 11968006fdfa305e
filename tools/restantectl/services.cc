#include "tools/restantectl/services.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "tools/restantectl/errors.h"

namespace restante::ctl {
namespace {

struct Setting {
  const std::string& value;
  absl::string_view variable;
  absl::string_view flag;
};

absl::Status RequireAll(std::initializer_list<Setting> settings) {
  for (const Setting& setting : settings) {
    if (!setting.value.empty()) continue;
    return UsageError(absl::StrCat(setting.variable, " is not set; set it, give ", setting.flag,
                                   ", or source the restantectl.env of the installation"));
  }
  return absl::OkStatus();
}

class GrpcServices : public Services {
 public:
  explicit GrpcServices(ConnectionSettings settings) : settings_(std::move(settings)) {}

 private:
  absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Open(Program program) override {
    switch (program) {
      case Program::kAuth:
        RESTANTE_RETURN_IF_ERROR(RequireAll(
            {{settings_.auth_admin, "RESTANTE_AUTH_ADMIN", "--auth-admin"},
             {settings_.auth_server_name, "RESTANTE_AUTH_SERVER_NAME", "--auth-server-name"}}));
        return Connected(settings_.auth_admin, settings_.auth_server_name, &auth_);
      case Program::kMailstore:
        RESTANTE_RETURN_IF_ERROR(RequireAll(
            {{settings_.mailstore_admin, "RESTANTE_MAILSTORE_ADMIN", "--mailstore-admin"},
             {settings_.mailstore_server_name, "RESTANTE_MAILSTORE_SERVER_NAME",
              "--mailstore-server-name"}}));
        return Connected(settings_.mailstore_admin, settings_.mailstore_server_name, &mailstore_);
    }
    return nullptr;
  }

  absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Connected(
      const std::string& target, const std::string& server_name,
      std::shared_ptr<grpc::ChannelInterface>* channel) {
    if (*channel != nullptr) return *channel;
    RESTANTE_RETURN_IF_ERROR(
        RequireAll({{settings_.tls_ca, "RESTANTE_TLS_CA", "--tls-ca"},
                    {settings_.tls_certificate, "RESTANTE_TLS_CERTIFICATE", "--tls-certificate"},
                    {settings_.tls_private_key, "RESTANTE_TLS_PRIVATE_KEY", "--tls-private-key"}}));
    const rpc::TlsFiles files{settings_.tls_certificate, settings_.tls_private_key,
                              settings_.tls_ca};
    auto opened = rpc::MakeChannel({target, server_name, files});
    if (!opened.ok()) return UsageError(opened.status().message());
    *channel = *std::move(opened);
    return *channel;
  }

  const ConnectionSettings settings_;
  std::shared_ptr<grpc::ChannelInterface> auth_;
  std::shared_ptr<grpc::ChannelInterface> mailstore_;
};

}  // namespace

std::unique_ptr<Services> ConnectByGrpc(const ConnectionSettings& settings) {
  return std::make_unique<GrpcServices>(settings);
}

}  // namespace restante::ctl
