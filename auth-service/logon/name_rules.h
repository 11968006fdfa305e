#ifndef RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_
#define RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/directory.h"
#include "auth-service/directory/name_policy.h"
#include "auth-service/logon/proven_name.h"

// The rules from a name to an account, for Decider. Pure functions over the directory's state.
namespace restante::logon {

struct RuleInput {
  const ProvenName& name;
  const directory::Directory& directory;
  const directory::NamePolicy& names;
  // Those that clients echo, as NameSettings has them.
  const std::vector<std::string>& own_names;
};

// What a rule found; with neither account nor refusal the next rule is asked.
struct RuleOutcome {
  directory::AccountPtr account;
  std::optional<authority::Refusal> refusal;
  std::string finding;
};

struct NameRule {
  absl::string_view name;
  // nullopt when the rule does not concern a name of this form.
  std::optional<RuleOutcome> (*apply)(const RuleInput& input);
};

// In the order in which they are asked.
absl::Span<const NameRule> NameRules();

// The realm of this name, compared without regard to case; nullptr when there is none. Lives as
// long as `policy`.
const directory::Realm* FindRealm(const directory::NamePolicy& policy, absl::string_view name);

// The Windows domain that `realm` means. Lives as long as both.
absl::string_view DomainOf(const directory::NamePolicy& policy, const directory::Realm& realm);

// Whether a domain or realm means as much as none, because it is foreign.
bool IsIgnored(const directory::NamePolicy& policy, absl::string_view qualifier);

// How users are compared behind this domain or realm; an empty one is the default domain.
directory::NameCase UserCase(const directory::NamePolicy& policy, absl::string_view qualifier);

// The name whose UTF-8 octets the client took for Latin-1: "jürgen" of "jÃ¼rgen". nullopt when
// `user` cannot have come about so.
std::optional<std::string> NarrowedUser(absl::string_view user);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_
