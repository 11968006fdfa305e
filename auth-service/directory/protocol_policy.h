#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_PROTOCOL_POLICY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_PROTOCOL_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/directory/name_policy.h"
#include "auth-service/ntlm/policy.h"

namespace restante::directory {

// The switches of one SASL mechanism.
struct MechanismSetting {
  std::string mechanism;  // "NTLM", upper case
  bool enabled = true;
  bool require_tls = true;
  // Facts about the mechanism, no switches; of a stored setting only the first is kept.
  bool client_first = false;
  bool needs_channel_binding = false;
  bool needs_certificate = false;

  // A mechanism that is bound to TLS has no other way, whatever its switch says.
  bool NeedsTls() const { return require_tls || needs_channel_binding || needs_certificate; }

  bool operator==(const MechanismSetting&) const = default;
};

// What one protocol lets its clients do to log on. Lists every mechanism this program knows.
struct ProtocolPolicy {
  std::string protocol;  // "pop3"
  std::vector<MechanismSetting> mechanisms;
  ntlm::Policy ntlm = {};
  std::optional<NamePolicy> names = std::nullopt;  // nullopt: as the configuration has it
  uint64_t revision = 0;  // the directory's revision at the last change; 0: never changed
  absl::Time update_time;
};

// A change of one mechanism's switches.
struct MechanismChange {
  std::string mechanism;  // compared without regard to case
  bool enabled = true;
  bool require_tls = true;
};

// What to change in a policy; the rest stays as it is.
struct PolicyChange {
  std::vector<MechanismChange> mechanisms;
  std::optional<ntlm::Policy> ntlm = std::nullopt;
  // The inner nullopt leaves it to the configuration.
  std::optional<std::optional<NamePolicy>> names = std::nullopt;
};

// The setting of `mechanism`, compared without regard to case; nullptr for an unknown one. Lives as
// long as `policy` is unchanged.
const MechanismSetting* FindMechanism(const ProtocolPolicy& policy, absl::string_view mechanism);

// The default policy of a protocol with what operators have set, if `stored` has its policy: the
// mechanisms stay those that this program knows.
ProtocolPolicy WithStoredSwitches(ProtocolPolicy policy, const std::vector<ProtocolPolicy>& stored);

// INVALID_ARGUMENT/FIELD_INVALID for a mechanism that the policy does not list, or what
// ValidateNtlmPolicy and ValidateNamePolicy refuse; `policy` means nothing then.
absl::Status ChangePolicy(const PolicyChange& change, ProtocolPolicy* policy);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_PROTOCOL_POLICY_H_
