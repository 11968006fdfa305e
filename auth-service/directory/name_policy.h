#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_POLICY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What names mean at logon, as operators set it for a protocol. The numbers stand in records.
namespace restante::directory {

inline constexpr size_t kMaxRealms = 100;
inline constexpr size_t kMaxDomainOctets = 255;

// Whose a user without a domain is.
enum class EmptyDomain : uint8_t {
  kDefaultOrUnique = 1,  // of the default domain; else the only one of that name in any domain
  kDefault = 2,          // of the default domain alone
  kRefuse = 3,           // nobody's
};

// What a domain means that is no realm, for a name that no account has.
enum class ForeignDomain : uint8_t {
  kRefuse = 1,
  kIgnore = 2,  // what no domain means
};

// Whether a user must be written as the account has it, octet by octet.
enum class NameCase : uint8_t { kInsensitive = 1, kExact = 2 };

// A domain or realm that clients send.
struct Realm {
  std::string name;                   // compared without regard to case
  std::string windows_domain;         // whose users it means; empty: the default domain's
  std::optional<NameCase> user_case;  // nullopt: the policy's

  bool operator==(const Realm&) const = default;
};

struct NamePolicy {
  std::string default_domain;  // empty: there is none
  EmptyDomain empty_domain = EmptyDomain::kDefaultOrUnique;
  ForeignDomain foreign_domain = ForeignDomain::kRefuse;
  NameCase user_case = NameCase::kInsensitive;
  std::vector<Realm> realms = {};

  bool operator==(const NamePolicy&) const = default;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_POLICY_H_
