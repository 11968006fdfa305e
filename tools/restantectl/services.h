#ifndef RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_
#define RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_

#include <google/longrunning/operations.grpc.pb.h>
#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "restante/common/v1/audit_service.grpc.pb.h"
#include "restante/common/v1/server_info_service.grpc.pb.h"
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

// The management listeners.
enum class Program { kAuth, kMailstore };

// The management services, connected when first asked for, so that a command needs only the
// settings of the service it uses. Stubs live as long as this object. One thread.
class Services {
 public:
  virtual ~Services() = default;

  // INVALID_ARGUMENT that names a missing setting or a bad file.
  template <typename Service>
  absl::StatusOr<std::unique_ptr<typename Service::StubInterface>> Stub(Program program) {
    RESTANTE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelInterface> channel, Open(program));
    return Service::NewStub(channel);
  }
  absl::StatusOr<auth::v1::DirectoryService::StubInterface*> Directory() {
    return Kept<auth::v1::DirectoryService>(Program::kAuth, &directory_);
  }
  absl::StatusOr<common::v1::AuditService::StubInterface*> Audit(Program program) {
    return Kept<common::v1::AuditService>(
        program, program == Program::kAuth ? &auth_audit_ : &mailstore_audit_);
  }
  absl::StatusOr<google::longrunning::Operations::StubInterface*> Operations(Program program) {
    return Kept<google::longrunning::Operations>(
        program, program == Program::kAuth ? &auth_operations_ : &mailstore_operations_);
  }
  absl::StatusOr<mailstore::v1::MailboxService::StubInterface*> Mailboxes() {
    return Kept<mailstore::v1::MailboxService>(Program::kMailstore, &mailboxes_);
  }

 private:
  // The channel to its management listener, the same each time.
  virtual absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Open(Program program) = 0;

  template <typename Service>
  absl::StatusOr<typename Service::StubInterface*> Kept(
      Program program, std::unique_ptr<typename Service::StubInterface>* stub) {
    if (*stub == nullptr) {
      RESTANTE_ASSIGN_OR_RETURN(*stub, Stub<Service>(program));
    }
    return stub->get();
  }

  std::unique_ptr<auth::v1::DirectoryService::StubInterface> directory_;
  std::unique_ptr<common::v1::AuditService::StubInterface> auth_audit_;
  std::unique_ptr<common::v1::AuditService::StubInterface> mailstore_audit_;
  std::unique_ptr<google::longrunning::Operations::StubInterface> auth_operations_;
  std::unique_ptr<google::longrunning::Operations::StubInterface> mailstore_operations_;
  std::unique_ptr<mailstore::v1::MailboxService::StubInterface> mailboxes_;
};

using Connect = std::function<std::unique_ptr<Services>(const ConnectionSettings&)>;

// gRPC with mutual TLS.
std::unique_ptr<Services> ConnectByGrpc(const ConnectionSettings& settings);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_SERVICES_H_
