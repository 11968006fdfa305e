#include "pop3-frontend/protocol/reply.h"

#include "absl/strings/str_cat.h"

namespace restante::pop3::reply {

absl::string_view TurnAway(TurnedAway why) {
  switch (why) {
    case TurnedAway::kTooManyConnections:
      return kTooManyConnections;
    case TurnedAway::kTooManyFromSource:
      return kTooManyFromSource;
    case TurnedAway::kNotABalancer:
      return kNotABalancer;
  }
  return "";
}

std::string DisabledMechanism(absl::string_view mechanism) {
  // For NTLM the words are those that its clients' documentation tells people to look for.
  return absl::StrCat("-ERR The ", mechanism,
                      " Authentication package has been disabled for this protocol.");
}

std::string Refusal(RefusalReason reason, absl::string_view mechanism,
                    absl::string_view reference) {
  switch (reason) {
    case RefusalReason::kCredentials:
      break;
    case RefusalReason::kMechanismUnknown:
      return std::string(kUnknownMechanism);
    case RefusalReason::kMechanismDisabled:
      return DisabledMechanism(mechanism);
    case RefusalReason::kTlsRequired:
      return std::string(kTlsRequired);
  }
  return absl::StrCat("-ERR [AUTH] Logon failed (ref ", reference, ")");
}

}  // namespace restante::pop3::reply
