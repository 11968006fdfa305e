#ifndef RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_
#define RESTANTE_AUTH_SERVICE_LOGON_NAME_RULES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/directory.h"
#include "auth-service/logon/decider.h"
#include "auth-service/logon/proven_name.h"

// The rules from a name to an account, for Decider. Pure functions over the directory's state.
namespace restante::logon {

struct RuleInput {
  const ProvenName& name;
  const directory::Directory& directory;
  const NameSettings& settings;
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
