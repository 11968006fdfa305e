#ifndef RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_
#define RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"

namespace restante::ctl {

// How the services are found and trusted: from RESTANTE_* variables or flags of the same names.
struct ConnectionSettings {
  std::string auth_admin;       // HOST:PORT of auth's management listener
  std::string mailstore_admin;  // HOST:PORT of the mailstore's
  std::string tls_ca;           // PEM files
  std::string tls_certificate;
  std::string tls_private_key;
  std::string auth_server_name;  // the DNS names that the servers' certificates must have
  std::string mailstore_server_name;
};

// The management services, connected when first asked for, so that a command needs only the
// settings of the service it uses. One thread.
class Services {
 public:
  virtual ~Services() = default;

  // Live as long as this object. INVALID_ARGUMENT that names a missing setting or a bad file.
  virtual absl::StatusOr<auth::v1::DirectoryService::StubInterface*> Directory() = 0;
  virtual absl::StatusOr<mailstore::v1::MailboxService::StubInterface*> Mailboxes() = 0;
};

using Connect = std::function<std::unique_ptr<Services>(const ConnectionSettings&)>;

// gRPC with mutual TLS.
std::unique_ptr<Services> ConnectByGrpc(const ConnectionSettings& settings);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_
