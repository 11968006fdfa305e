#ifndef RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_SERVICE_H_
#define RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "auth-service/authority/authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/recent_attempts.h"
#include "auth-service/rpc/watch_stream.h"
#include "common/audit/entry.h"
#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"

namespace restante::rpc {

// What a DirectoryService is made of. Everything outlives it.
struct DirectoryServiceParts {
  directory::Directory& directory;
  const directory::CredentialVault& vault;
  const logon::LogonFlow& flow;
  logon::RecentAttempts& attempts;
  const authority::Authority& authority;
  const logon::Throttle& throttle;
  const std::map<std::string, KeyRing>& grant_keys;  // by placement
  WorkerPool& workers;                               // for what takes long
  operations::Operations& operations;
  const Clock& clock;
  const log::Logger& logger;
};

struct DirectoryServiceOptions {
  // Of accounts that are created without one.
  std::string placement = "mailstore-0";
  // How long the deletion of an account can be taken back.
  absl::Duration deleted_accounts_kept = absl::Hours(24 * 30);
  // Where backups go; empty for none.
  std::string backup_directory = {};
};

// restante.auth.v1.DirectoryService. Writes hold a gRPC thread for one synced write of the
// directory. Each is logged with its caller and outcome.
class DirectoryService : public auth::v1::DirectoryService::CallbackService {
 public:
  static constexpr size_t kMaxWatches = 100;

  DirectoryService(DirectoryServiceParts parts, DirectoryServiceOptions options)
      : parts_(parts), options_(std::move(options)) {}

  // Ends all watches, now and from now on. Other calls go on. Thread-safe.
  void Drain() { watches_.Drain(); }

  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context,
                                          const auth::v1::CreateAccountRequest* request,
                                          auth::v1::Account* response) override;
  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const auth::v1::GetAccountRequest* request,
                                       auth::v1::Account* response) override;
  grpc::ServerUnaryReactor* ListAccounts(grpc::CallbackServerContext* context,
                                         const auth::v1::ListAccountsRequest* request,
                                         auth::v1::ListAccountsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAccount(grpc::CallbackServerContext* context,
                                          const auth::v1::UpdateAccountRequest* request,
                                          auth::v1::Account* response) override;
  grpc::ServerUnaryReactor* DeleteAccount(grpc::CallbackServerContext* context,
                                          const auth::v1::DeleteAccountRequest* request,
                                          auth::v1::DeleteAccountResponse* response) override;
  grpc::ServerUnaryReactor* UndeleteAccount(grpc::CallbackServerContext* context,
                                            const auth::v1::UndeleteAccountRequest* request,
                                            auth::v1::Account* response) override;
  grpc::ServerUnaryReactor* SetCredential(grpc::CallbackServerContext* context,
                                          const auth::v1::SetCredentialRequest* request,
                                          auth::v1::SetCredentialResponse* response) override;
  grpc::ServerUnaryReactor* ListCredentials(grpc::CallbackServerContext* context,
                                            const auth::v1::ListCredentialsRequest* request,
                                            auth::v1::ListCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* GrantDelegate(grpc::CallbackServerContext* context,
                                          const auth::v1::GrantDelegateRequest* request,
                                          auth::v1::Account* response) override;
  grpc::ServerUnaryReactor* RevokeDelegate(grpc::CallbackServerContext* context,
                                           const auth::v1::RevokeDelegateRequest* request,
                                           auth::v1::Account* response) override;
  grpc::ServerBidiReactor<auth::v1::ImportAccountsRequest, auth::v1::ImportAccountsResponse>*
  ImportAccounts(grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<auth::v1::ExportAccountsResponse>* ExportAccounts(
      grpc::CallbackServerContext* context,
      const auth::v1::ExportAccountsRequest* request) override;
  grpc::ServerUnaryReactor* ExplainLogon(grpc::CallbackServerContext* context,
                                         const auth::v1::ExplainLogonRequest* request,
                                         auth::v1::ExplainLogonResponse* response) override;
  grpc::ServerUnaryReactor* DiagnoseLogon(grpc::CallbackServerContext* context,
                                          const auth::v1::DiagnoseLogonRequest* request,
                                          auth::v1::DiagnoseLogonResponse* response) override;
  grpc::ServerUnaryReactor* ListLogonEvents(grpc::CallbackServerContext* context,
                                            const auth::v1::ListLogonEventsRequest* request,
                                            auth::v1::ListLogonEventsResponse* response) override;
  grpc::ServerWriteReactor<auth::v1::WatchAccountsResponse>* WatchAccounts(
      grpc::CallbackServerContext* context, const auth::v1::WatchAccountsRequest* request) override;
  grpc::ServerWriteReactor<auth::v1::WatchLogonEventsResponse>* WatchLogonEvents(
      grpc::CallbackServerContext* context,
      const auth::v1::WatchLogonEventsRequest* request) override;
  grpc::ServerWriteReactor<auth::v1::WatchProtocolPolicyResponse>* WatchProtocolPolicy(
      grpc::CallbackServerContext* context,
      const auth::v1::WatchProtocolPolicyRequest* request) override;
  grpc::ServerUnaryReactor* GetProtocolPolicy(grpc::CallbackServerContext* context,
                                              const auth::v1::GetProtocolPolicyRequest* request,
                                              auth::v1::ProtocolPolicy* response) override;
  grpc::ServerUnaryReactor* UpdateProtocolPolicy(
      grpc::CallbackServerContext* context, const auth::v1::UpdateProtocolPolicyRequest* request,
      auth::v1::ProtocolPolicy* response) override;

  grpc::ServerUnaryReactor* RewrapCredentials(grpc::CallbackServerContext* context,
                                              const auth::v1::RewrapCredentialsRequest* request,
                                              google::longrunning::Operation* response) override;
  grpc::ServerUnaryReactor* BackupDirectory(grpc::CallbackServerContext* context,
                                            const auth::v1::BackupDirectoryRequest* request,
                                            google::longrunning::Operation* response) override;

 private:
  absl::Status Create(const audit::Author& author, const auth::v1::CreateAccountRequest& request,
                      auth::v1::Account* response);
  absl::Status Get(const auth::v1::GetAccountRequest& request, auth::v1::Account* response) const;
  absl::Status List(const auth::v1::ListAccountsRequest& request,
                    auth::v1::ListAccountsResponse* response) const;
  absl::Status Update(const audit::Author& author, const auth::v1::UpdateAccountRequest& request,
                      auth::v1::Account* response);
  absl::Status Delete(const audit::Author& author, const auth::v1::DeleteAccountRequest& request,
                      auth::v1::DeleteAccountResponse* response);
  absl::Status Undelete(const audit::Author& author,
                        const auth::v1::UndeleteAccountRequest& request,
                        auth::v1::Account* response);
  absl::Status Set(const audit::Author& author, const auth::v1::SetCredentialRequest& request,
                   auth::v1::SetCredentialResponse* response);
  absl::Status Credentials(const auth::v1::ListCredentialsRequest& request,
                           auth::v1::ListCredentialsResponse* response) const;
  absl::Status Grant(const audit::Author& author, const auth::v1::GrantDelegateRequest& request,
                     auth::v1::Account* response);
  absl::Status Revoke(const audit::Author& author, const auth::v1::RevokeDelegateRequest& request,
                      auth::v1::Account* response);
  absl::Status Explain(const auth::v1::ExplainLogonRequest& request,
                       auth::v1::ExplainLogonResponse* response) const;
  absl::Status Diagnose(const auth::v1::DiagnoseLogonRequest& request,
                        auth::v1::DiagnoseLogonResponse* response) const;
  absl::Status ListEvents(const auth::v1::ListLogonEventsRequest& request,
                          auth::v1::ListLogonEventsResponse* response) const;
  // One for each kind of secret that the account has; none of them is in it.
  std::vector<auth::v1::Credential> CredentialsOf(const directory::Account& account) const;
  absl::Status GetPolicy(const auth::v1::GetProtocolPolicyRequest& request,
                         auth::v1::ProtocolPolicy* response) const;
  absl::Status UpdatePolicy(const audit::Author& author,
                            const auth::v1::UpdateProtocolPolicyRequest& request,
                            auth::v1::ProtocolPolicy* response);
  // Begins the job of this kind of metadata.
  template <typename Metadata>
  absl::Status BeginJob(const audit::Author& author, const std::string& request_id,
                        Metadata metadata, google::longrunning::Operation* response);
  // Has a worker carry out a write for the caller, log it and end the call.
  grpc::ServerUnaryReactor* Write(grpc::CallbackServerContext* context, const char* method,
                                  std::string resource,
                                  std::function<absl::Status(const audit::Author&)> write) const;

  const DirectoryServiceParts parts_;
  const DirectoryServiceOptions options_;
  WatchStreams watches_{kMaxWatches};
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_SERVICE_H_
