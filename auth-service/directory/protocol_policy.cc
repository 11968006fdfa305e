#include "auth-service/directory/protocol_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth-service/directory/validation.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"

namespace restante::directory {

const MechanismSetting* FindMechanism(const ProtocolPolicy& policy, absl::string_view mechanism) {
  for (const MechanismSetting& setting : policy.mechanisms) {
    if (absl::EqualsIgnoreCase(setting.mechanism, mechanism)) return &setting;
  }
  return nullptr;
}

ProtocolPolicy WithStoredSwitches(ProtocolPolicy policy,
                                  const std::vector<ProtocolPolicy>& stored_policies) {
  for (const ProtocolPolicy& stored : stored_policies) {
    if (stored.protocol != policy.protocol) continue;
    policy.revision = stored.revision;
    policy.update_time = stored.update_time;
    policy.ntlm = stored.ntlm;
    policy.names = stored.names;
    for (MechanismSetting& setting : policy.mechanisms) {
      const MechanismSetting* switches = FindMechanism(stored, setting.mechanism);
      if (switches == nullptr) continue;  // new in this build: its default holds
      setting.enabled = switches->enabled;
      setting.require_tls = switches->require_tls;
    }
  }
  return policy;
}

absl::Status ChangePolicy(const PolicyChange& change, ProtocolPolicy* policy) {
  for (const MechanismChange& mechanism : change.mechanisms) {
    const auto setting =
        std::find_if(policy->mechanisms.begin(), policy->mechanisms.end(),
                     [&mechanism](const MechanismSetting& s) {
                       return s.mechanism == absl::AsciiStrToUpper(mechanism.mechanism);
                     });
    if (setting == policy->mechanisms.end()) {
      return InvalidField("policy.mechanisms", absl::StrCat(EscapeForLog(mechanism.mechanism),
                                                            " is not a known mechanism"));
    }
    setting->enabled = mechanism.enabled;
    setting->require_tls = mechanism.require_tls;
  }
  if (change.ntlm) {
    RESTANTE_RETURN_IF_ERROR(ValidateNtlmPolicy(*change.ntlm));
    policy->ntlm = *change.ntlm;
  }
  if (change.names) {
    if (*change.names) RESTANTE_RETURN_IF_ERROR(ValidateNamePolicy(**change.names));
    policy->names = *change.names;
  }
  return absl::OkStatus();
}

}  // namespace restante::directory
