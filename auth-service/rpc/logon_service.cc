#include "auth-service/rpc/logon_service.h"

#include "absl/strings/match.h"
#include "auth-service/rpc/logon_messages.h"
#include "auth-service/rpc/watches.h"
#include "common/base/status_macros.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/unary_call.h"

namespace restante::rpc {
namespace {

absl::Status Begin(const logon::LogonFlow& flow, const std::string& caller,
                   const auth::v1::BeginLogonRequest& request,
                   auth::v1::BeginLogonResponse* response) {
  RESTANTE_ASSIGN_OR_RETURN(const logon::BeginRequest begin, ToBeginRequest(request, caller));
  RESTANTE_ASSIGN_OR_RETURN(const logon::Answer answer, flow.Begin(begin));
  FromAnswer(answer, response);
  return absl::OkStatus();
}

absl::Status Continue(const logon::LogonFlow& flow, const std::string& caller,
                      const auth::v1::ContinueLogonRequest& request,
                      auth::v1::ContinueLogonResponse* response) {
  RESTANTE_ASSIGN_OR_RETURN(const logon::ContinueRequest next, ToContinueRequest(request, caller));
  RESTANTE_ASSIGN_OR_RETURN(const logon::Answer answer, flow.Continue(next));
  FromAnswer(answer, response);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* LogonService::BeginLogon(grpc::CallbackServerContext* context,
                                                   const auth::v1::BeginLogonRequest* request,
                                                   auth::v1::BeginLogonResponse* response) {
  return Finish(context, Begin(flow_, GetPeerIdentity(*context).uri, *request, response));
}

grpc::ServerUnaryReactor* LogonService::ContinueLogon(grpc::CallbackServerContext* context,
                                                      const auth::v1::ContinueLogonRequest* request,
                                                      auth::v1::ContinueLogonResponse* response) {
  return Finish(context, Continue(flow_, GetPeerIdentity(*context).uri, *request, response));
}

grpc::ServerWriteReactor<auth::v1::WatchMechanismPolicyResponse>*
LogonService::WatchMechanismPolicy(grpc::CallbackServerContext* /*context*/,
                                   const auth::v1::WatchMechanismPolicyRequest* request) {
  return rpc::WatchMechanismPolicy(directory_, watches_, *request);
}

grpc::ServerUnaryReactor* LogonService::ResolveRecipients(
    grpc::CallbackServerContext* context, const auth::v1::ResolveRecipientsRequest* request,
    auth::v1::ResolveRecipientsResponse* response) {
  const absl::Status checked = CheckResolveRequest(*request);
  if (!checked.ok()) return Finish(context, checked);
  // Before anything is looked up: what is found is of this revision or later.
  response->set_directory_revision(directory_.Revision());
  for (const std::string& address : request->addresses()) {
    // A bare local part can only mean a mailbox here.
    const directory::AccountPtr account = absl::StrContains(address, "@")
                                              ? directory_.FindByAddress(address)
                                              : directory_.FindByAlias(address);
    auth::v1::ResolvedRecipient* recipient = response->add_recipients();
    recipient->set_found(account != nullptr);
    if (account == nullptr) continue;
    recipient->set_mailbox_id(account->mailbox_id);
    recipient->set_placement(account->placement);
  }
  return Finish(context, absl::OkStatus());
}

grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse>* LogonService::WatchRecipients(
    grpc::CallbackServerContext* /*context*/, const auth::v1::WatchRecipientsRequest* /*request*/) {
  return rpc::WatchRecipients(directory_, watches_);
}

}  // namespace restante::rpc
