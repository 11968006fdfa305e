#include "auth-service/logon/scram_lookup.h"

#include <optional>
#include <string>

#include "auth-service/logon/proven_name.h"
#include "common/base/status_macros.h"

namespace restante::logon {

absl::StatusOr<sasl::ScramParameters> ScramLookup::Find(absl::string_view protocol,
                                                        absl::string_view authentication_id) const {
  const std::optional<ProvenName> name = ParseName(authentication_id);
  RESTANTE_ASSIGN_OR_RETURN(const directory::ProtocolPolicy policy, directory_.GetPolicy(protocol));
  const directory::NamePolicy* names = policy.names ? &*policy.names : nullptr;
  // Neither the mechanism nor what is asked for makes a difference to whose name it is.
  Circumstances circumstances;
  circumstances.names = names;
  const Decision decision = decider_.Decide(name, circumstances);
  return authority_.ScramParametersOf(decision.account, name ? decider_.CanonicalName(*name, names)
                                                             : std::string(authentication_id));
}

}  // namespace restante::logon
