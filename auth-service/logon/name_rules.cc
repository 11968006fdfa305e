#include "auth-service/logon/name_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

using authority::Refusal;

bool IsAmong(absl::string_view name, const std::vector<std::string>& names) {
  for (const std::string& candidate : names) {
    if (SameName(name, candidate)) return true;
  }
  return false;
}

const directory::Realm* FindRealm(const directory::NamePolicy& policy, absl::string_view name) {
  const std::optional<std::string> folded = FoldName(name);
  const directory::Realm* found = nullptr;
  for (const directory::Realm& realm : policy.realms) {
    if (folded.has_value() && FoldName(realm.name) == folded) found = &realm;
  }
  return found;
}

// Nothing that the person typed says which domain is meant.
bool IsUnqualified(const RuleInput& input) {
  return input.name.form == NameForm::kUser || (input.name.form == NameForm::kNtlmFields &&
                                                IsAmong(input.name.qualifier, input.own_names));
}

bool HasNoDomain(const RuleInput& input) { return IsUnqualified(input) || input.qualifier.ignored; }

bool MayBeDomain(const ProvenName& name) {
  return name.form == NameForm::kDomainUser || name.form == NameForm::kNtlmFields;
}

bool MayBeRealm(const ProvenName& name) {
  return name.form == NameForm::kUserAtRealm || name.form == NameForm::kNtlmFields;
}

// What a lookup of `what` gave.
RuleOutcome Found(absl::string_view what, directory::AccountPtr account) {
  RuleOutcome outcome;
  outcome.finding = absl::StrCat("\"", EscapeForLog(what, kMaxClientNameOctets), "\" ",
                                 account ? absl::StrCat("belongs to accounts/", account->id)
                                         : std::string("belongs to no account"));
  outcome.account = std::move(account);
  return outcome;
}

RuleOutcome FindInDefaultDomain(const RuleInput& input) {
  const std::string& domain = input.names.default_domain;
  return Found(absl::StrCat(domain, "\\", input.name.user),
               input.directory.FindByWindowsName(domain, input.name.user));
}

std::optional<RuleOutcome> ApplyWindowsName(const RuleInput& input) {
  if (!MayBeDomain(input.name)) return std::nullopt;
  return Found(absl::StrCat(input.name.qualifier, "\\", input.name.user),
               input.directory.FindByWindowsName(input.name.qualifier, input.name.user));
}

std::optional<RuleOutcome> ApplyPrincipalName(const RuleInput& input) {
  if (!MayBeRealm(input.name)) return std::nullopt;
  const std::string principal = absl::StrCat(input.name.user, "@", input.name.qualifier);
  return Found(principal, input.directory.FindByPrincipalName(principal));
}

std::optional<RuleOutcome> ApplyAcceptedDomain(const RuleInput& input) {
  if (input.name.form == NameForm::kUser) return std::nullopt;
  const directory::Realm* realm = input.qualifier.realm;
  if (realm == nullptr) return std::nullopt;
  const absl::string_view domain = DomainOf(input.names, *realm);
  return Found(absl::StrCat(domain, "\\", input.name.user),
               input.directory.FindByWindowsName(domain, input.name.user));
}

std::optional<RuleOutcome> ApplyAddress(const RuleInput& input) {
  if (!MayBeRealm(input.name)) return std::nullopt;
  const std::string address = absl::StrCat(input.name.user, "@", input.name.qualifier);
  return Found(address, input.directory.FindByAddress(address));
}

std::optional<RuleOutcome> ApplyEmptyDomain(const RuleInput& input) {
  if (!HasNoDomain(input) || input.names.empty_domain != directory::EmptyDomain::kRefuse) {
    return std::nullopt;
  }
  return RuleOutcome{nullptr, Refusal::kDomainMissing, "names without a domain are not accepted"};
}

std::optional<RuleOutcome> ApplyDefaultDomain(const RuleInput& input) {
  if (!HasNoDomain(input) || input.names.default_domain.empty()) return std::nullopt;
  return FindInDefaultDomain(input);
}

std::optional<RuleOutcome> ApplyUniqueUser(const RuleInput& input) {
  if (!HasNoDomain(input) || input.names.empty_domain != directory::EmptyDomain::kDefaultOrUnique) {
    return std::nullopt;
  }
  const std::vector<directory::AccountPtr> holders =
      input.directory.FindByWindowsUser(input.name.user, 2);
  const std::string what = absl::StrCat("*\\", input.name.user);
  if (holders.size() < 2) return Found(what, holders.empty() ? nullptr : holders.front());
  RuleOutcome outcome;
  outcome.refusal = Refusal::kAmbiguousName;
  outcome.finding = absl::StrCat("\"", EscapeForLog(what, kMaxClientNameOctets),
                                 "\" belongs to several accounts, accounts/", holders[0]->id,
                                 " and accounts/", holders[1]->id, " among them");
  return outcome;
}

// Whether some name of the account has this user as it is written here.
bool HasUserAsWritten(const directory::Account& account, absl::string_view user) {
  const auto has = [user](const std::vector<std::string>& names, char separator, bool is_behind) {
    return std::any_of(names.begin(), names.end(), [&](absl::string_view name) {
      const size_t at = name.find(separator);
      return (is_behind ? name.substr(at + 1) : name.substr(0, at)) == user;
    });
  };
  return has(account.windows_names, '\\', true) || has(account.principal_names, '@', false) ||
         has(account.addresses, '@', false);
}

// The outcome of a rule, if users may be written so where it looks for them: the qualifier's case
// rule for a name that is taken as it is, the default domain's for one without a domain.
template <std::optional<RuleOutcome> (*kApply)(const RuleInput&),
          directory::NameCase QualifierRules::*kUserCase>
std::optional<RuleOutcome> WithCase(const RuleInput& input) {
  std::optional<RuleOutcome> outcome = kApply(input);
  if (!outcome || outcome->account == nullptr) return outcome;
  if (input.qualifier.*kUserCase == directory::NameCase::kInsensitive ||
      HasUserAsWritten(*outcome->account, input.name.user)) {
    return outcome;
  }
  outcome->account = nullptr;
  absl::StrAppend(&outcome->finding, ", which writes the user otherwise");
  return outcome;
}

constexpr auto kQualified = &QualifierRules::user_case;
constexpr auto kUnqualified = &QualifierRules::default_user_case;

constexpr NameRule kRules[] = {
    {"windows-name", WithCase<ApplyWindowsName, kQualified>},
    {"principal-name", WithCase<ApplyPrincipalName, kQualified>},
    {"accepted-domain", WithCase<ApplyAcceptedDomain, kQualified>},
    {"address", WithCase<ApplyAddress, kQualified>},
    {"empty-domain", ApplyEmptyDomain},
    {"default-domain", WithCase<ApplyDefaultDomain, kUnqualified>},
    {"unique-user", WithCase<ApplyUniqueUser, kUnqualified>},
};

}  // namespace

absl::Span<const NameRule> NameRules() { return kRules; }

absl::string_view DomainOf(const directory::NamePolicy& policy, const directory::Realm& realm) {
  return realm.windows_domain.empty() ? policy.default_domain : realm.windows_domain;
}

QualifierRules RulesOf(const directory::NamePolicy& policy, absl::string_view qualifier) {
  const auto case_of = [&policy](const directory::Realm* realm) {
    return realm != nullptr && realm->user_case ? *realm->user_case : policy.user_case;
  };
  QualifierRules rules;
  rules.realm = FindRealm(policy, qualifier);
  rules.user_case = case_of(rules.realm);
  rules.default_user_case = case_of(FindRealm(policy, policy.default_domain));
  rules.ignored = policy.foreign_domain == directory::ForeignDomain::kIgnore &&
                  rules.realm == nullptr && !SameName(qualifier, policy.default_domain);
  return rules;
}

std::optional<std::string> NarrowedUser(absl::string_view user) {
  const std::optional<std::string> wide = Utf8ToUtf16Le(user);
  if (!wide) return std::nullopt;
  std::string narrow;
  for (ByteReader reader(*wide); !reader.empty();) {
    const std::optional<uint16_t> unit = reader.ReadU16Le();
    if (!unit || *unit > 0xff) return std::nullopt;
    narrow.push_back(static_cast<char>(*unit));
  }
  if (narrow == user || !IsValidUtf8(narrow)) return std::nullopt;
  return narrow;
}

}  // namespace restante::logon
