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

// What a policy says of one domain or realm.
struct QualifierRules {
  const directory::Realm* realm = nullptr;  // its own; nullptr when it has none
  bool ignored = false;                     // it means as much as none, because it is foreign
  directory::NameCase user_case = directory::NameCase::kInsensitive;          // behind it
  directory::NameCase default_user_case = directory::NameCase::kInsensitive;  // behind none
};

// Takes the same time whatever it finds. Lives as long as `policy`.
QualifierRules RulesOf(const directory::NamePolicy& policy, absl::string_view qualifier);

// The Windows domain that `realm` means. Lives as long as both.
absl::string_view DomainOf(const directory::NamePolicy& policy, const directory::Realm& realm);

struct RuleInput {
  const ProvenName& name;
  const directory::Directory& directory;
  const directory::NamePolicy& names;
  // Those that clients echo, as NameSettings has them.
  const std::vector<std::string>& own_names;
  QualifierRules qualifier;  // of name.qualifier
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

// The name whose UTF-8 octets the client took for Latin-1: "jürgen" of "jÃ¼rgen". nullopt when
// `user` cannot have come about so.
std::optional<std::string> NarrowedUser(absl::string_view user);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_
