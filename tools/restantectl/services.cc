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

  absl::StatusOr<auth::v1::DirectoryService::StubInterface*> Directory() override {
    if (directory_ == nullptr) {
      RESTANTE_RETURN_IF_ERROR(RequireAll(
          {{settings_.auth_admin, "RESTANTE_AUTH_ADMIN", "--auth-admin"},
           {settings_.auth_server_name, "RESTANTE_AUTH_SERVER_NAME", "--auth-server-name"}}));
      RESTANTE_ASSIGN_OR_RETURN(auto channel,
                                Open(settings_.auth_admin, settings_.auth_server_name));
      directory_ = auth::v1::DirectoryService::NewStub(channel);
    }
    return directory_.get();
  }

  absl::StatusOr<mailstore::v1::MailboxService::StubInterface*> Mailboxes() override {
    if (mailboxes_ == nullptr) {
      RESTANTE_RETURN_IF_ERROR(
          RequireAll({{settings_.mailstore_admin, "RESTANTE_MAILSTORE_ADMIN", "--mailstore-admin"},
                      {settings_.mailstore_server_name, "RESTANTE_MAILSTORE_SERVER_NAME",
                       "--mailstore-server-name"}}));
      RESTANTE_ASSIGN_OR_RETURN(auto channel,
                                Open(settings_.mailstore_admin, settings_.mailstore_server_name));
      mailboxes_ = mailstore::v1::MailboxService::NewStub(channel);
    }
    return mailboxes_.get();
  }

 private:
  absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Open(const std::string& target,
                                                               const std::string& server_name) {
    RESTANTE_RETURN_IF_ERROR(
        RequireAll({{settings_.tls_ca, "RESTANTE_TLS_CA", "--tls-ca"},
                    {settings_.tls_certificate, "RESTANTE_TLS_CERTIFICATE", "--tls-certificate"},
                    {settings_.tls_private_key, "RESTANTE_TLS_PRIVATE_KEY", "--tls-private-key"}}));
    const rpc::TlsFiles files{settings_.tls_certificate, settings_.tls_private_key,
                              settings_.tls_ca};
    auto channel = rpc::MakeChannel({target, server_name, files});
    if (!channel.ok()) return UsageError(channel.status().message());
    return channel;
  }

  const ConnectionSettings settings_;
  std::unique_ptr<auth::v1::DirectoryService::StubInterface> directory_;
  std::unique_ptr<mailstore::v1::MailboxService::StubInterface> mailboxes_;
};

}  // namespace

std::unique_ptr<Services> ConnectByGrpc(const ConnectionSettings& settings) {
  return std::make_unique<GrpcServices>(settings);
}

}  // namespace restante::ctl
