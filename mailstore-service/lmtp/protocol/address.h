#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_ADDRESS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_ADDRESS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::lmtp {

// RFC 5321 section 4.5.3.1.
inline constexpr size_t kMaxLocalPartOctets = 64;
inline constexpr size_t kMaxDomainOctets = 255;

// Takes a path off the front of `text`: "<", an address by RFC 5321 section 4.1.2, ">". A source
// route is read and dropped (appendix C). The answer is the address in one canonical form for each
// meaning: the local part in quotes only where it needs them, the rest as it came. "<>" gives the
// empty string. nullopt for a malformed path and for octets outside printable ASCII; `text` is then
// unspecified. A local part without a domain is accepted, as an LMTP client's recipients may be.
std::optional<std::string> ConsumePath(absl::string_view* text);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_ADDRESS_H_
