#include "auth-service/logon/decider.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/logon/name_rules.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

using authority::Refusal;

absl::string_view FormText(NameForm form) {
  switch (form) {
    case NameForm::kUser:
      return "user alone";
    case NameForm::kDomainUser:
      return "DOMAIN\\user";
    case NameForm::kUserAtRealm:
      return "user@realm";
    case NameForm::kNtlmFields:
      return "user and domain in fields of NTLM";
  }
  return "";
}

std::string DescribeName(const ProvenName& name) {
  std::string text = absl::StrCat(FormText(name.form), ": user \"", EscapeForLog(name.user), "\"");
  if (!name.qualifier.empty()) {
    absl::StrAppend(&text, ", domain or realm \"", EscapeForLog(name.qualifier), "\"");
  }
  if (!name.alias.empty()) {
    absl::StrAppend(&text, ", mailbox \"", EscapeForLog(name.alias), "\"");
  }
  return text;
}

// An account rule: why `account` may not log on, or nullopt; `finding` says it.
struct AccountRule {
  absl::string_view name;
  std::optional<Refusal> (*check)(const directory::Account& account, absl::string_view mechanism,
                                  std::string* finding);
};

std::optional<Refusal> CheckState(const directory::Account& account,
                                  absl::string_view /*mechanism*/, std::string* finding) {
  *finding = account.disabled ? "the account is disabled" : "the account is enabled";
  return account.disabled ? std::optional(Refusal::kAccountDisabled) : std::nullopt;
}

std::optional<Refusal> CheckMechanism(const directory::Account& account,
                                      absl::string_view mechanism, std::string* finding) {
  const std::vector<std::string>& disabled = account.disabled_mechanisms;
  const bool is_disabled = std::find(disabled.begin(), disabled.end(), mechanism) != disabled.end();
  *finding =
      absl::StrCat("the account may ", is_disabled ? "not " : "", "use ", EscapeForLog(mechanism));
  return is_disabled ? std::optional(Refusal::kAccountMechanismDisabled) : std::nullopt;
}

constexpr AccountRule kAccountRules[] = {
    {"account-state", CheckState},
    {"account-mechanism", CheckMechanism},
};

directory::NamePolicy PolicyOf(std::string default_domain,
                               std::vector<std::string> accepted_domains) {
  directory::NamePolicy policy{std::move(default_domain)};
  for (std::string& domain : accepted_domains) policy.realms.push_back({std::move(domain), "", {}});
  return policy;
}

MailboxOwner Nobody(absl::string_view what) {
  return {nullptr, Refusal::kMailboxUnknown,
          absl::StrCat("the mailbox asked for, \"", EscapeForLog(what, kMaxClientNameOctets),
                       "\", is nobody's")};
}

}  // namespace

Decider::Decider(const directory::Directory& directory, NameSettings settings)
    : directory_(directory),
      own_names_(std::move(settings.own_names)),
      configured_(
          PolicyOf(std::move(settings.default_domain), std::move(settings.accepted_domains))) {}

Decision Decider::Decide(const std::optional<ProvenName>& name,
                         const Circumstances& circumstances) const {
  Decision decision;
  if (!name) {
    decision.refusal = Refusal::kNameMalformed;
    decision.trace.push_back({"name-form", "none of the accepted forms of a name"});
    return decision;
  }
  decision.trace.push_back({"name-form", DescribeName(*name)});
  const Wanted wanted = LookUpWanted(name->alias, circumstances);
  FindAccount(*name, circumstances.names, &decision);
  if (decision.refusal) return decision;
  if (decision.account == nullptr) {
    // Some clients take the UTF-8 of a name for Latin-1; nobody's name comes about by chance so.
    if (std::optional<std::string> narrowed = NarrowedUser(name->user)) {
      ProvenName other = *name;
      other.user = *std::move(narrowed);
      decision.trace.push_back({"widened-name", DescribeName(other)});
      FindAccount(other, circumstances.names, &decision);
    }
  }
  if (decision.refusal) return decision;
  if (decision.account == nullptr) {
    decision.refusal = Refusal::kUnknownName;
    return decision;
  }
  CheckAccount(wanted, circumstances, &decision);
  return decision;
}

Decision Decider::DecideAsserted(sasl::AssertedClaim::By by, const std::vector<std::string>& names,
                                 const Circumstances& circumstances) const {
  Decision decision;
  const bool by_certificate = by == sasl::AssertedClaim::By::kCertificate;
  for (const std::string& name : names) {
    directory::AccountPtr account = by_certificate ? directory_.FindByCertificateName(name)
                                                   : directory_.FindByTokenSubject(name);
    decision.trace.push_back(
        {by_certificate ? "certificate-name" : "token-subject",
         absl::StrCat("\"", EscapeForLog(name, kMaxClientNameOctets), "\" belongs to ",
                      account ? "accounts/" + account->id : "no account")});
    if (account == nullptr) continue;
    if (decision.account != nullptr && decision.account->id != account->id) {
      decision.account = nullptr;
      decision.refusal = Refusal::kAmbiguousName;
      return decision;
    }
    decision.account = std::move(account);
  }
  if (decision.account == nullptr) {
    decision.refusal = Refusal::kUnknownName;
    return decision;
  }
  CheckAccount(LookUpWanted("", circumstances), circumstances, &decision);
  return decision;
}

Decider::Wanted Decider::LookUpWanted(absl::string_view alias,
                                      const Circumstances& circumstances) const {
  Wanted wanted;
  wanted.alias = alias;
  if (!alias.empty()) wanted.of_alias = directory_.FindByAlias(alias);
  if (circumstances.authorization_id.empty()) return wanted;
  const std::optional<ProvenName> name = ParseName(circumstances.authorization_id);
  if (name && name->alias.empty()) FindAccount(*name, circumstances.names, &wanted.named);
  wanted.of_authorization_id = directory_.FindByAlias(circumstances.authorization_id);
  return wanted;
}

void Decider::CheckAccount(const Wanted& wanted, const Circumstances& circumstances,
                           Decision* decision) {
  for (const AccountRule& rule : kAccountRules) {
    std::string finding;
    decision->refusal = rule.check(*decision->account, circumstances.mechanism, &finding);
    decision->trace.push_back({std::string(rule.name), std::move(finding)});
    if (decision->refusal) return;
  }
  FindMailbox(wanted, circumstances, decision);
}

void Decider::FindMailbox(const Wanted& wanted, const Circumstances& circumstances,
                          Decision* decision) {
  MailboxOwner owner{wanted.of_alias, {}};
  if (!wanted.alias.empty() && owner.account == nullptr) owner = Nobody(wanted.alias);
  owner =
      Agreed(std::move(owner), OwnerOf(wanted, circumstances.authorization_id, *decision->account));
  if (owner.refusal) {
    decision->refusal = owner.refusal;
    decision->trace.push_back({"mailbox", std::move(owner.finding)});
    return;
  }
  if (owner.account == nullptr) owner.account = decision->account;
  MailboxRights rights = RightsOf(*decision->account, *owner.account, circumstances.now);
  decision->refusal = rights.refusal;
  decision->trace.push_back({"mailbox", std::move(rights.finding)});
  if (rights.refusal) return;
  decision->owner = std::move(owner.account);
  decision->may_delete = rights.may_delete;
}

MailboxOwner Decider::OwnerOf(const Wanted& wanted, absl::string_view authorization_id,
                              const directory::Account& account) {
  if (authorization_id.empty()) return {};
  const Decision& named = wanted.named;
  // Many clients repeat their own name here, which is nobody else's even where it is an alias.
  if (named.account != nullptr && named.account->id == account.id) return {named.account, {}};
  if (named.refusal) return {nullptr, named.refusal, named.trace.back().finding};
  if (named.account == nullptr && wanted.of_authorization_id == nullptr) {
    return Nobody(authorization_id);
  }
  return Agreed({named.account, {}}, {wanted.of_authorization_id, {}});
}

std::string Decider::CanonicalName(const ProvenName& name,
                                   const directory::NamePolicy* names) const {
  const directory::NamePolicy& policy = names != nullptr ? *names : configured_;
  const auto fold = [](absl::string_view text) {
    return FoldName(text).value_or(std::string(text));
  };
  const QualifierRules rules = RulesOf(policy, name.qualifier);
  absl::string_view domain = name.qualifier;
  if (rules.realm != nullptr) domain = DomainOf(policy, *rules.realm);
  const bool has_none = domain.empty() || rules.ignored;
  if (has_none) domain = policy.default_domain;
  const bool exact =
      (has_none ? rules.default_user_case : rules.user_case) == directory::NameCase::kExact;
  return absl::StrCat(fold(domain), "\\", exact ? name.user : fold(name.user));
}

void Decider::FindAccount(const ProvenName& name, const directory::NamePolicy* names,
                          Decision* decision) const {
  const directory::NamePolicy& policy = names != nullptr ? *names : configured_;
  const RuleInput input{name, directory_, policy, own_names_, RulesOf(policy, name.qualifier)};
  for (const NameRule& rule : NameRules()) {
    std::optional<RuleOutcome> outcome = rule.apply(input);
    if (!outcome) continue;
    decision->trace.push_back({std::string(rule.name), std::move(outcome->finding)});
    decision->account = std::move(outcome->account);
    decision->refusal = outcome->refusal;
    if (decision->account != nullptr || decision->refusal) return;
  }
}

}  // namespace restante::logon
