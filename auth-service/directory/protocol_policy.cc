#include "auth-service/directory/protocol_policy.h"

#include "absl/strings/match.h"

namespace restante::directory {

const MechanismSetting* FindMechanism(const ProtocolPolicy& policy, absl::string_view mechanism) {
  for (const MechanismSetting& setting : policy.mechanisms) {
    if (absl::EqualsIgnoreCase(setting.mechanism, mechanism)) return &setting;
  }
  return nullptr;
}

}  // namespace restante::directory
