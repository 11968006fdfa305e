#ifndef RESTANTE_AUTH_SERVICE_RPC_ATTEMPT_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_RPC_ATTEMPT_MESSAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "auth-service/logon/attempt.h"
#include "auth-service/logon/diagnosis.h"
#include "auth-service/logon/logon_flow.h"
#include "restante/auth/v1/directory_service.pb.h"

// What DirectoryService says of logons, as the logon domain's structs, and back. Pure functions,
// thread-safe. Requests are held against every documented limit: INVALID_ARGUMENT/FIELD_INVALID.
namespace restante::rpc {

absl::StatusOr<logon::HypotheticalLogon> ToHypotheticalLogon(
    const auth::v1::HypotheticalLogon& logon);
absl::StatusOr<logon::HypotheticalLogon> ToHypotheticalLogon(
    const auth::v1::DiagnoseLogonRequest& request);

void FromAttempt(const logon::Attempt& attempt, auth::v1::ExplainLogonResponse* response);
auth::v1::LogonEvent ToEvent(const logon::Attempt& attempt);
// All but the credentials.
void FromDiagnosis(const logon::Diagnosis& diagnosis, auth::v1::DiagnoseLogonResponse* response);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_ATTEMPT_MESSAGES_H_
