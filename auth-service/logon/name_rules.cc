#include "auth-service/logon/name_rules.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

using authority::Refusal;

bool SameName(absl::string_view a, absl::string_view b) {
  const std::optional<std::string> folded = FoldName(a);
  return folded.has_value() && folded == FoldName(b);
}

bool IsAmong(absl::string_view name, const std::vector<std::string>& names) {
  for (const std::string& candidate : names) {
    if (SameName(name, candidate)) return true;
  }
  return false;
}

// Nothing that the person typed says which domain is meant.
bool IsUnqualified(const RuleInput& input) {
  return input.name.form == NameForm::kUser ||
         (input.name.form == NameForm::kNtlmFields &&
          IsAmong(input.name.qualifier, input.settings.own_names));
}

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
  const std::string& domain = input.settings.default_domain;
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
  if (input.name.form == NameForm::kUser || input.settings.default_domain.empty()) {
    return std::nullopt;
  }
  if (IsAmong(input.name.qualifier, input.settings.accepted_domains)) {
    return FindInDefaultDomain(input);
  }
  return std::nullopt;
}

std::optional<RuleOutcome> ApplyAddress(const RuleInput& input) {
  if (!MayBeRealm(input.name)) return std::nullopt;
  const std::string address = absl::StrCat(input.name.user, "@", input.name.qualifier);
  return Found(address, input.directory.FindByAddress(address));
}

std::optional<RuleOutcome> ApplyDefaultDomain(const RuleInput& input) {
  if (!IsUnqualified(input) || input.settings.default_domain.empty()) return std::nullopt;
  return FindInDefaultDomain(input);
}

std::optional<RuleOutcome> ApplyUniqueUser(const RuleInput& input) {
  if (!IsUnqualified(input)) return std::nullopt;
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

constexpr NameRule kRules[] = {
    {"windows-name", ApplyWindowsName},       {"principal-name", ApplyPrincipalName},
    {"accepted-domain", ApplyAcceptedDomain}, {"address", ApplyAddress},
    {"default-domain", ApplyDefaultDomain},   {"unique-user", ApplyUniqueUser},
};

}  // namespace

absl::Span<const NameRule> NameRules() { return kRules; }

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
