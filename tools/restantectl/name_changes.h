#ifndef RESTANTE_TOOLS_RESTANTECTL_NAME_CHANGES_H_
#define RESTANTE_TOOLS_RESTANTECTL_NAME_CHANGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "restante/auth/v1/protocol_policy.pb.h"

namespace restante::ctl {

// What names mean at logon; absent or empty members leave a setting as it is.
struct NameChanges {
  std::optional<std::string> default_domain;
  std::string empty_domain;    // one of EmptyDomainNames
  std::string foreign_domain;  // one of ForeignDomainNames
  std::string user_case;       // one of NameCaseNames
  // NAME, NAME=DOMAIN, either with ":insensitive" or ":exact" behind it.
  std::vector<std::string> add_realms;
  std::vector<std::string> remove_realms;
  bool from_configuration = false;  // take all rules away
};

// What the command line and tables call them, the default first.
std::vector<std::string> EmptyDomainNames();
std::vector<std::string> ForeignDomainNames();
std::vector<std::string> NameCaseNames();

// Whether anything changes. Usage errors: a realm that cannot be read or is not there to be
// removed; everything at once with from_configuration; and first rules without a default domain,
// because they replace those of auth's configuration.
absl::StatusOr<bool> ApplyNames(const NameChanges& changes, auth::v1::ProtocolPolicy* policy);

// For people.
std::string ToTable(const auth::v1::NameSettings& names);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_NAME_CHANGES_H_
