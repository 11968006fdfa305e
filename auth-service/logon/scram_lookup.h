#ifndef RESTANTE_AUTH_SERVICE_LOGON_SCRAM_LOOKUP_H_
#define RESTANTE_AUTH_SERVICE_LOGON_SCRAM_LOOKUP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/authority/authority.h"
#include "auth-service/logon/decider.h"
#include "auth-service/sasl/mechanism.h"

namespace restante::logon {

// The SCRAM parameters of the account that a name leads to, by the decider's own rules. Names that
// would lead to the same account, if it were there, get the same parameters when it is not
// (docs/decisions/0010-scram-decoys.md). Thread-safe.
class ScramLookup {
 public:
  // All outlive this.
  ScramLookup(const directory::Directory& directory, const Decider& decider,
              const authority::Authority& authority)
      : directory_(directory), decider_(decider), authority_(authority) {}

  // As Authority::ScramParametersOf; NOT_FOUND for a protocol without policy.
  absl::StatusOr<sasl::ScramParameters> Find(absl::string_view protocol,
                                             absl::string_view authentication_id) const;

 private:
  const directory::Directory& directory_;
  const Decider& decider_;
  const authority::Authority& authority_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_SCRAM_LOOKUP_H_
