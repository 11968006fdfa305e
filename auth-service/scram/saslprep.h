#ifndef RESTANTE_AUTH_SERVICE_SCRAM_SASLPREP_H_
#define RESTANTE_AUTH_SERVICE_SCRAM_SASLPREP_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "common/base/secret.h"

namespace restante::scram {

// A password in the one form that both ends compute with (RFC 4013, over Unicode 3.2). Code points
// that Unicode 3.2 did not have yet stay as they are, as clients have it. nullopt for what the
// profile prohibits: invalid UTF-8, control characters, a mixture of directions, or nothing left.
// At most 1,024 octets. Pure, thread-safe.
std::optional<Secret> SaslPrep(absl::string_view password);

}  // namespace restante::scram

#endif  // RESTANTE_AUTH_SERVICE_SCRAM_SASLPREP_H_
