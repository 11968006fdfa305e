#include "auth-service/rpc/directory_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/account_filter.h"
#include "auth-service/logon/attempt_filter.h"
#include "auth-service/logon/diagnosis.h"
#include "auth-service/rpc/attempt_messages.h"
#include "auth-service/rpc/directory_messages.h"
#include "auth-service/rpc/export_stream.h"
#include "auth-service/rpc/import_stream.h"
#include "auth-service/rpc/watches.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/operations/job_progress.h"
#include "common/rpc/pages.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/time_messages.h"
#include "common/rpc/unary_call.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxReferenceOctets = 32;

directory::WriteOptions OptionsOf(const audit::Author& author, const std::string& etag,
                                  const std::string& request_id, bool validate_only) {
  directory::WriteOptions options = ToWriteOptions(etag, request_id);
  options.validate_only = validate_only;
  options.author = author;
  return options;
}

}  // namespace

grpc::ServerUnaryReactor* DirectoryService::CreateAccount(
    grpc::CallbackServerContext* context, const auth::v1::CreateAccountRequest* request,
    auth::v1::Account* response) {
  return Write(context, "CreateAccount", absl::StrCat("accounts/", request->account_id()),
               [this, request, response](const audit::Author& author) {
                 return Create(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::GetAccount(grpc::CallbackServerContext* context,
                                                       const auth::v1::GetAccountRequest* request,
                                                       auth::v1::Account* response) {
  return Finish(context, Get(*request, response));
}

grpc::ServerUnaryReactor* DirectoryService::ListAccounts(
    grpc::CallbackServerContext* context, const auth::v1::ListAccountsRequest* request,
    auth::v1::ListAccountsResponse* response) {
  return Answer(parts_.workers, context,
                [this, request, response] { return List(*request, response); });
}

grpc::ServerUnaryReactor* DirectoryService::UpdateAccount(
    grpc::CallbackServerContext* context, const auth::v1::UpdateAccountRequest* request,
    auth::v1::Account* response) {
  return Write(context, "UpdateAccount", request->account().name(),
               [this, request, response](const audit::Author& author) {
                 return Update(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::DeleteAccount(
    grpc::CallbackServerContext* context, const auth::v1::DeleteAccountRequest* request,
    auth::v1::DeleteAccountResponse* response) {
  return Write(context, "DeleteAccount", request->name(),
               [this, request, response](const audit::Author& author) {
                 return Delete(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::UndeleteAccount(
    grpc::CallbackServerContext* context, const auth::v1::UndeleteAccountRequest* request,
    auth::v1::Account* response) {
  return Write(context, "UndeleteAccount", request->name(),
               [this, request, response](const audit::Author& author) {
                 return Undelete(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::ListCredentials(
    grpc::CallbackServerContext* context, const auth::v1::ListCredentialsRequest* request,
    auth::v1::ListCredentialsResponse* response) {
  return Finish(context, Credentials(*request, response));
}

grpc::ServerUnaryReactor* DirectoryService::SetCredential(
    grpc::CallbackServerContext* context, const auth::v1::SetCredentialRequest* request,
    auth::v1::SetCredentialResponse* response) {
  return Write(context, "SetCredential", request->name(),
               [this, request, response](const audit::Author& author) {
                 return Set(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::GrantDelegate(
    grpc::CallbackServerContext* context, const auth::v1::GrantDelegateRequest* request,
    auth::v1::Account* response) {
  return Write(context, "GrantDelegate", request->name(),
               [this, request, response](const audit::Author& author) {
                 return Grant(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::RevokeDelegate(
    grpc::CallbackServerContext* context, const auth::v1::RevokeDelegateRequest* request,
    auth::v1::Account* response) {
  return Write(context, "RevokeDelegate", request->name(),
               [this, request, response](const audit::Author& author) {
                 return Revoke(author, *request, response);
               });
}

grpc::ServerBidiReactor<auth::v1::ImportAccountsRequest, auth::v1::ImportAccountsResponse>*
DirectoryService::ImportAccounts(grpc::CallbackServerContext* context) {
  return new ImportStream({parts_.directory, parts_.vault, parts_.workers, parts_.operations,
                           options_.placement, parts_.logger},
                          context, GetPeerIdentity(*context).uri);
}

grpc::ServerWriteReactor<auth::v1::ExportAccountsResponse>* DirectoryService::ExportAccounts(
    grpc::CallbackServerContext* context, const auth::v1::ExportAccountsRequest* request) {
  return new ExportStream({parts_.directory, parts_.workers, parts_.operations}, context, *request,
                          GetPeerIdentity(*context).uri);
}

grpc::ServerWriteReactor<auth::v1::WatchAccountsResponse>* DirectoryService::WatchAccounts(
    grpc::CallbackServerContext* /*context*/, const auth::v1::WatchAccountsRequest* request) {
  return rpc::WatchAccounts(parts_.directory, watches_, *request);
}

grpc::ServerWriteReactor<auth::v1::WatchLogonEventsResponse>* DirectoryService::WatchLogonEvents(
    grpc::CallbackServerContext* /*context*/, const auth::v1::WatchLogonEventsRequest* request) {
  return rpc::WatchLogonEvents(parts_.attempts, watches_, *request);
}

grpc::ServerWriteReactor<auth::v1::WatchProtocolPolicyResponse>*
DirectoryService::WatchProtocolPolicy(grpc::CallbackServerContext* /*context*/,
                                      const auth::v1::WatchProtocolPolicyRequest* request) {
  return rpc::WatchProtocolPolicy(parts_.directory, watches_, *request);
}

grpc::ServerUnaryReactor* DirectoryService::ExplainLogon(
    grpc::CallbackServerContext* context, const auth::v1::ExplainLogonRequest* request,
    auth::v1::ExplainLogonResponse* response) {
  return Finish(context, Explain(*request, response));
}

grpc::ServerUnaryReactor* DirectoryService::DiagnoseLogon(
    grpc::CallbackServerContext* context, const auth::v1::DiagnoseLogonRequest* request,
    auth::v1::DiagnoseLogonResponse* response) {
  return Finish(context, Diagnose(*request, response));
}

grpc::ServerUnaryReactor* DirectoryService::ListLogonEvents(
    grpc::CallbackServerContext* context, const auth::v1::ListLogonEventsRequest* request,
    auth::v1::ListLogonEventsResponse* response) {
  return Answer(parts_.workers, context,
                [this, request, response] { return ListEvents(*request, response); });
}

grpc::ServerUnaryReactor* DirectoryService::GetProtocolPolicy(
    grpc::CallbackServerContext* context, const auth::v1::GetProtocolPolicyRequest* request,
    auth::v1::ProtocolPolicy* response) {
  return Finish(context, GetPolicy(*request, response));
}

grpc::ServerUnaryReactor* DirectoryService::UpdateProtocolPolicy(
    grpc::CallbackServerContext* context, const auth::v1::UpdateProtocolPolicyRequest* request,
    auth::v1::ProtocolPolicy* response) {
  return Write(context, "UpdateProtocolPolicy", request->policy().name(),
               [this, request, response](const audit::Author& author) {
                 return UpdatePolicy(author, *request, response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::RewrapCredentials(
    grpc::CallbackServerContext* context, const auth::v1::RewrapCredentialsRequest* request,
    google::longrunning::Operation* response) {
  return Write(context, "RewrapCredentials", "",
               [this, request, response](const audit::Author& author) {
                 auth::v1::RewrapCredentialsMetadata metadata;
                 metadata.set_active_key_id(parts_.vault.active_key_id());
                 return BeginJob(author, request->request_id(), std::move(metadata), response);
               });
}

grpc::ServerUnaryReactor* DirectoryService::BackupDirectory(
    grpc::CallbackServerContext* context, const auth::v1::BackupDirectoryRequest* request,
    google::longrunning::Operation* response) {
  return Write(
      context, "BackupDirectory", "", [this, request, response](const audit::Author& author) {
        if (options_.backup_directory.empty()) {
          return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kBackupNotConfigured,
                           "auth's configuration says no backup_directory; set one and restart");
        }
        return BeginJob(author, request->request_id(), auth::v1::BackupDirectoryMetadata(),
                        response);
      });
}

template <typename Metadata>
absl::Status DirectoryService::BeginJob(const audit::Author& author, const std::string& request_id,
                                        Metadata metadata,
                                        google::longrunning::Operation* response) {
  return operations::BeginJob(parts_.operations, {author.caller, request_id},
                              parts_.clock.WallNow(), std::move(metadata), response);
}

absl::Status DirectoryService::Create(const audit::Author& author,
                                      const auth::v1::CreateAccountRequest& request,
                                      auth::v1::Account* response) {
  RESTANTE_ASSIGN_OR_RETURN(const directory::NewAccount account_to_be,
                            ToNewAccount(request, options_.placement));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.Create(
          account_to_be, OptionsOf(author, "", request.request_id(), request.validate_only())));
  *response = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::Get(const auth::v1::GetAccountRequest& request,
                                   auth::v1::Account* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::AccountPtr account, parts_.directory.Get(id));
  *response = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::List(const auth::v1::ListAccountsRequest& request,
                                    auth::v1::ListAccountsResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size, ToPageSize(request.page_size()));
  RESTANTE_ASSIGN_OR_RETURN(std::string after, ParsePageToken(request.page_token()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::AccountFilter filter,
                            directory::AccountFilter::Parse(request.filter()));
  size_t octets = 0;
  for (size_t looked_at = 0; looked_at < kMaxLookedAt;) {
    const directory::AccountPage page = parts_.directory.List(kLookedAtOnce, after);
    for (const directory::AccountPtr& account : page.accounts) {
      const size_t listed = static_cast<size_t>(response->accounts_size());
      if (listed == page_size || octets >= kMaxPageOctets) {
        response->set_next_page_token(MakePageToken(after));
        return absl::OkStatus();
      }
      after = account->id;
      if ((account->deletion && !request.show_deleted()) || !filter.Matches(*account)) continue;
      auth::v1::Account* added = response->add_accounts();
      *added = ToProto(*account);
      octets += added->ByteSizeLong();
    }
    if (!page.more) return absl::OkStatus();
    looked_at += page.accounts.size();
  }
  response->set_next_page_token(MakePageToken(after));
  return absl::OkStatus();
}

absl::Status DirectoryService::Update(const audit::Author& author,
                                      const auth::v1::UpdateAccountRequest& request,
                                      auth::v1::Account* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id,
                            ParseAccountName("account.name", request.account().name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::AccountChange change, ToAccountChange(request));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.Update(id, change,
                              OptionsOf(author, request.account().etag(), request.request_id(),
                                        request.validate_only())));
  *response = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::Delete(const audit::Author& author,
                                      const auth::v1::DeleteAccountRequest& request,
                                      auth::v1::DeleteAccountResponse* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  const directory::WriteOptions options =
      OptionsOf(author, request.etag(), request.request_id(), request.validate_only());
  if (request.force()) return parts_.directory.Purge(id, options);
  RESTANTE_ASSIGN_OR_RETURN(const directory::AccountPtr account,
                            parts_.directory.Delete(id, options_.deleted_accounts_kept, options));
  if (account != nullptr) *response->mutable_account() = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::Undelete(const audit::Author& author,
                                        const auth::v1::UndeleteAccountRequest& request,
                                        auth::v1::Account* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.Undelete(
          id, OptionsOf(author, request.etag(), request.request_id(), request.validate_only())));
  *response = ToProto(*account);
  return absl::OkStatus();
}

std::vector<auth::v1::Credential> DirectoryService::CredentialsOf(
    const directory::Account& account) const {
  if (!account.credential) return {};
  auth::v1::Credential known;
  known.set_key_id(account.credential->key_id);
  if (account.credential->set_time) {
    *known.mutable_set_time() = ToTimestamp(*account.credential->set_time);
  }
  const absl::StatusOr<directory::Credential> opened =
      parts_.vault.Open(account.id, *account.credential);
  known.set_usable(opened.ok());
  if (!opened.ok()) return {known};
  std::vector<auth::v1::Credential> credentials;
  for (const std::string& kind : directory::KindsOf(*opened)) {
    known.set_kind(kind);
    credentials.push_back(known);
  }
  return credentials;
}

absl::Status DirectoryService::Credentials(const auth::v1::ListCredentialsRequest& request,
                                           auth::v1::ListCredentialsResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::AccountPtr account, parts_.directory.Get(id));
  for (const auth::v1::Credential& credential : CredentialsOf(*account)) {
    *response->add_credentials() = credential;
  }
  return absl::OkStatus();
}

absl::Status DirectoryService::Set(const audit::Author& author,
                                   const auth::v1::SetCredentialRequest& request,
                                   auth::v1::SetCredentialResponse* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::Credential credential,
                            ToCredential(request, parts_.vault));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.SetCredential(id, parts_.vault.Seal(id, credential),
                                     OptionsOf(author, "", request.request_id(), false)));
  // What was kept, and at a repeat that is what the first call gave.
  RESTANTE_ASSIGN_OR_RETURN(const directory::Credential kept,
                            parts_.vault.Open(id, *account->credential));
  for (std::string& kind : directory::KindsOf(kept)) response->add_kinds(std::move(kind));
  response->set_key_id(account->credential->key_id);
  return absl::OkStatus();
}

absl::Status DirectoryService::Grant(const audit::Author& author,
                                     const auth::v1::GrantDelegateRequest& request,
                                     auth::v1::Account* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::DelegateGrant grant,
                            ToDelegateGrant(request.delegate()));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.GrantDelegate(
          id, grant, OptionsOf(author, request.etag(), request.request_id(), false)));
  *response = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::Revoke(const audit::Author& author,
                                      const auth::v1::RevokeDelegateRequest& request,
                                      auth::v1::Account* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseAccountName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const std::string delegate_id,
                            ParseAccountName("delegate_account", request.delegate_account()));
  RESTANTE_ASSIGN_OR_RETURN(
      const directory::AccountPtr account,
      parts_.directory.RevokeDelegate(
          id, delegate_id, OptionsOf(author, request.etag(), request.request_id(), false)));
  *response = ToProto(*account);
  return absl::OkStatus();
}

absl::Status DirectoryService::Explain(const auth::v1::ExplainLogonRequest& request,
                                       auth::v1::ExplainLogonResponse* response) const {
  switch (request.subject_case()) {
    case auth::v1::ExplainLogonRequest::kReference: {
      if (request.reference().size() > kMaxReferenceOctets) {
        return InvalidField("reference", "must be at most 32 octets, such as 7F3A-22Q9");
      }
      const auto attempt = parts_.attempts.Find(request.reference());
      if (attempt == nullptr) {
        return MakeError(
            absl::StatusCode::kNotFound, ErrorReason::kAttemptNotFound,
            absl::StrCat("no attempt with the reference ", EscapeForLog(request.reference()),
                         " is remembered; look for it in auth's log"));
      }
      FromAttempt(*attempt, response);
      return absl::OkStatus();
    }
    case auth::v1::ExplainLogonRequest::kHypothetical: {
      RESTANTE_ASSIGN_OR_RETURN(const logon::HypotheticalLogon logon,
                                ToHypotheticalLogon(request.hypothetical()));
      RESTANTE_ASSIGN_OR_RETURN(const logon::Attempt attempt, parts_.flow.Explain(logon));
      FromAttempt(attempt, response);
      return absl::OkStatus();
    }
    case auth::v1::ExplainLogonRequest::SUBJECT_NOT_SET:
      break;
  }
  return InvalidField("subject", "must be a reference or a hypothetical logon");
}

absl::Status DirectoryService::Diagnose(const auth::v1::DiagnoseLogonRequest& request,
                                        auth::v1::DiagnoseLogonResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const logon::HypotheticalLogon logon, ToHypotheticalLogon(request));
  RESTANTE_ASSIGN_OR_RETURN(
      const logon::Diagnosis diagnosis,
      logon::Diagnose({parts_.directory, parts_.vault, parts_.authority, parts_.flow,
                       parts_.attempts, parts_.throttle, parts_.grant_keys},
                      logon));
  FromDiagnosis(diagnosis, response);
  if (diagnosis.account == nullptr) return absl::OkStatus();
  for (const auth::v1::Credential& credential : CredentialsOf(*diagnosis.account)) {
    auth::v1::CredentialState* state = response->add_credentials();
    state->set_kind(credential.kind());
    state->set_key_id(credential.key_id());
    state->set_usable(credential.usable());
    if (!credential.has_set_time()) continue;
    *state->mutable_age() =
        ToDurationMessage(diagnosis.explained.time - *diagnosis.account->credential->set_time);
  }
  return absl::OkStatus();
}

absl::Status DirectoryService::ListEvents(const auth::v1::ListLogonEventsRequest& request,
                                          auth::v1::ListLogonEventsResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size, ToPageSize(request.page_size()));
  RESTANTE_ASSIGN_OR_RETURN(const uint64_t before, ParseNumberPageToken(request.page_token()));
  RESTANTE_ASSIGN_OR_RETURN(const logon::AttemptFilter filter,
                            logon::AttemptFilter::Parse(request.filter()));
  uint64_t last = 0;
  for (const auto& [number, attempt] : parts_.attempts.Latest(before)) {
    if (!filter.Matches(*attempt)) continue;
    if (static_cast<size_t>(response->events_size()) == page_size) {
      response->set_next_page_token(MakeNumberPageToken(last));
      break;
    }
    *response->add_events() = ToEvent(*attempt);
    last = number;
  }
  return absl::OkStatus();
}

absl::Status DirectoryService::GetPolicy(const auth::v1::GetProtocolPolicyRequest& request,
                                         auth::v1::ProtocolPolicy* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string protocol, ParsePolicyName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::ProtocolPolicy policy,
                            parts_.directory.GetPolicy(protocol));
  *response = ToProto(policy);
  return absl::OkStatus();
}

absl::Status DirectoryService::UpdatePolicy(const audit::Author& author,
                                            const auth::v1::UpdateProtocolPolicyRequest& request,
                                            auth::v1::ProtocolPolicy* response) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string protocol,
                            ParsePolicyName("policy.name", request.policy().name()));
  RESTANTE_ASSIGN_OR_RETURN(const directory::PolicyChange change, ToPolicyChange(request));
  RESTANTE_ASSIGN_OR_RETURN(const directory::ProtocolPolicy policy,
                            parts_.directory.UpdatePolicy(protocol, change,
                                                          OptionsOf(author, request.policy().etag(),
                                                                    request.request_id(), false)));
  *response = ToProto(policy);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* DirectoryService::Write(
    grpc::CallbackServerContext* context, const char* method, std::string resource,
    std::function<absl::Status(const audit::Author&)> write) const {
  return Answer(parts_.workers, context,
                [this, resource = std::move(resource), author = AuthorOf(*context, method),
                 write = std::move(write)] {
                  absl::Status status = write(author);
                  parts_.logger.Info("directory_write",
                                     {{"method", author.method},
                                      {"resource", EscapeForLog(resource)},
                                      {"caller", author.caller},
                                      {"code", absl::StatusCodeToString(status.code())},
                                      {"reason", ErrorReasonName(GetErrorReason(status))}});
                  return status;
                });
}

}  // namespace restante::rpc
