#include "auth-service/logon/scram_lookup.h"

#include <optional>
#include <string>

#include "auth-service/logon/proven_name.h"

namespace restante::logon {

absl::StatusOr<sasl::ScramParameters> ScramLookup::Find(absl::string_view /*protocol*/,
                                                        absl::string_view authentication_id) const {
  const std::optional<ProvenName> name = ParseName(authentication_id);
  // Neither the mechanism nor what is asked for makes a difference to whose name it is.
  const Decision decision = decider_.Decide(name, {});
  return authority_.ScramParametersOf(
      decision.account, name ? decider_.CanonicalName(*name) : std::string(authentication_id));
}

}  // namespace restante::logon
