#ifndef RESTANTE_AUTH_SERVICE_RPC_LOGON_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_RPC_LOGON_MESSAGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "auth-service/logon/logon_flow.h"
#include "restante/auth/v1/logon_service.pb.h"

// LogonService's messages as the logon domain's structs, and back. Pure functions, thread-safe.
// Requests are held against every documented limit: INVALID_ARGUMENT/FIELD_INVALID.
namespace restante::rpc {

// `caller` is the URI name in the calling program's certificate.
absl::StatusOr<logon::BeginRequest> ToBeginRequest(const auth::v1::BeginLogonRequest& request,
                                                   const std::string& caller);
absl::StatusOr<logon::ContinueRequest> ToContinueRequest(
    const auth::v1::ContinueLogonRequest& request, const std::string& caller);

void FromAnswer(const logon::Answer& answer, auth::v1::BeginLogonResponse* response);
void FromAnswer(const logon::Answer& answer, auth::v1::ContinueLogonResponse* response);

absl::Status CheckResolveRequest(const auth::v1::ResolveRecipientsRequest& request);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_LOGON_MESSAGES_H_
