#ifndef RESTANTE_TOOLS_RESTANTECTL_LOGONS_H_
#define RESTANTE_TOOLS_RESTANTECTL_LOGONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "restante/auth/v1/protocol_policy.pb.h"
#include "tools/restantectl/name_changes.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands about logging on: explain-logon and policy.

// Either a reference, or a logon to imagine.
struct LogonQuestion {
  std::string reference;
  std::string name;
  std::string mechanism;       // empty: NTLM
  std::string client_address;  // empty: none
  bool tls = true;
};

// What NTLM proofs must be like; absent or empty members leave a setting as it is.
struct NtlmChanges {
  std::optional<auth::v1::NtlmResponseForm> weakest_response;
  std::optional<bool> weak_responses_without_tls;
  std::optional<bool> allow_lmv2;
  std::optional<bool> require_mic;
  std::vector<std::string> add_target_names;
  std::vector<std::string> remove_target_names;
};

// Switches by mechanism name.
struct PolicyChanges {
  std::string protocol;
  std::vector<std::string> enable;
  std::vector<std::string> disable;
  std::vector<std::string> require_tls;
  std::vector<std::string> no_require_tls;
  NtlmChanges ntlm;
  NameChanges names;
};

absl::Status ExplainLogon(Session& session, const LogonQuestion& question);
absl::Status GetPolicy(Session& session, const std::string& protocol);
// Reads, changes and writes with the etag that was read, three times at most when somebody else
// changes the policy meanwhile.
absl::Status UpdatePolicy(Session& session, const PolicyChanges& changes);

// Leaves in `policy` only the mechanisms that change, each with all its switches, and gives the
// paths of the fields that change. Usage errors for an unknown mechanism, a switch that is asked
// for both ways, the removal of what is not there, and no change at all.
absl::StatusOr<std::vector<std::string>> ApplyChanges(const PolicyChanges& changes,
                                                      auth::v1::ProtocolPolicy* policy);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_LOGONS_H_
