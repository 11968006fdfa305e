#ifndef RESTANTE_AUTH_SERVICE_LOGON_PROVEN_NAME_H_
#define RESTANTE_AUTH_SERVICE_LOGON_PROVEN_NAME_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::logon {

inline constexpr size_t kMaxClientNameOctets = 512;

// How a client named itself.
enum class NameForm {
  kUser,         // user
  kDomainUser,   // DOMAIN\user, DOMAIN/user/alias
  kUserAtRealm,  // user@realm
  kNtlmFields,  // user and domain in fields of their own: the domain may be either kind, or nothing
                // that the person typed
};

// A name that a client proves, or would, taken apart. Says nothing about whether it exists.
struct ProvenName {
  NameForm form = NameForm::kUser;
  std::string user;
  std::string qualifier;  // domain or realm; empty for kUser
  std::string alias;      // the mailbox asked for; empty: the account's own
};

// Reads a name as a person types it: "user", "DOMAIN\user", "user@realm", "DOMAIN/user/alias", and
// each of the first three with "/alias" behind it. nullopt when it is none of these, is longer than
// 512 octets, or is not UTF-8 without control characters.
std::optional<ProvenName> ParseName(absl::string_view text);

// Reads the name in an NTLM AUTHENTICATE message. Some clients put all that was typed into `user`;
// then `domain`, which they fill by themselves, counts for nothing. A user that is UTF-8 taken for
// Latin-1 is undone where that alone makes a name of it; the name rules try it for others.
std::optional<ProvenName> ParseNtlmName(absl::string_view domain, absl::string_view user);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_PROVEN_NAME_H_
