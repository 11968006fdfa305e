#include "auth-service/directory/validation.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "auth-service/directory/name_index.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante::directory {
namespace {

bool IsLowerAlnum(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

template <typename Predicate>
bool AllOf(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

// A part of a name: something, with no blank at either end and none of the separators that the
// forms of names at logon are taken apart by.
bool IsNamePart(absl::string_view part) {
  if (part.empty() || part.front() == ' ' || part.back() == ' ') return false;
  return part.find_first_of("\\/@") == absl::string_view::npos;
}

bool IsTwoParts(absl::string_view name, char separator) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(name, absl::MaxSplits(separator, 1));
  return IsNamePart(parts.first) && IsNamePart(parts.second);
}

// A mailbox address, as envelopes carry it: quoted local parts and address literals are not served.
bool IsAddress(absl::string_view address) {
  return IsTwoParts(address, '@') && address.find_first_of(" \"<>") == absl::string_view::npos;
}

bool IsAlias(absl::string_view alias) {
  return AllOf(alias,
               [](char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool IsMechanismName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxMechanismNameOctets && AllOf(name, [](char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  });
}

// "KIND:..." as a front end makes names out of a certificate.
bool IsCertificateName(absl::string_view name) {
  for (const absl::string_view kind : {"email:", "upn:", "uri:", "subject:"}) {
    if (absl::StartsWith(name, kind)) return name.size() > kind.size();
  }
  constexpr size_t kDigits = 64;
  return absl::ConsumePrefix(&name, "sha256:") && name.size() == kDigits &&
         AllOf(name, [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); });
}

struct NameListRule {
  absl::string_view field;
  NameKind kind;
  size_t max_names;
  size_t max_octets;
  bool (*has_form)(absl::string_view);
  absl::string_view form;
};

absl::Status ValidateNames(const std::vector<std::string>& names, const NameListRule& rule) {
  if (names.size() > rule.max_names) {
    return InvalidField(rule.field, absl::StrCat("at most ", rule.max_names, " are allowed"));
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string field = absl::StrCat(rule.field, "[", i, "]");
    if (names[i].size() > rule.max_octets) {
      return InvalidField(field, absl::StrCat("at most ", rule.max_octets, " octets are allowed"));
    }
    std::optional<std::string> form = ComparedForm(rule.kind, names[i]);
    if (!form || !rule.has_form(names[i])) {
      return InvalidField(field, absl::StrCat("must be ", rule.form));
    }
    if (!seen.insert(*std::move(form)).second) return InvalidField(field, "stands there twice");
  }
  return absl::OkStatus();
}

absl::Status ValidateAllNames(const Account& account) {
  RESTANTE_RETURN_IF_ERROR(ValidateNames(
      account.windows_names,
      {"account.windows_names", NameKind::kWindows, kMaxWindowsNames, kMaxWindowsNameOctets,
       [](absl::string_view name) { return IsTwoParts(name, '\\'); },
       "DOMAIN\\user in UTF-8, with no '/', '@' or further '\\', and no blank at the ends"}));
  RESTANTE_RETURN_IF_ERROR(ValidateNames(
      account.principal_names,
      {"account.principal_names", NameKind::kPrincipal, kMaxPrincipalNames, kMaxPrincipalNameOctets,
       [](absl::string_view name) { return IsTwoParts(name, '@'); },
       "user@realm in UTF-8, with no '/', '\\' or further '@', and no blank at the ends"}));
  RESTANTE_RETURN_IF_ERROR(ValidateNames(
      account.certificate_names,
      {"account.certificate_names", NameKind::kCertificate, kMaxCertificateNames,
       kMaxCertificateNameOctets, IsCertificateName,
       "email:ADDRESS, upn:USER@REALM, uri:URI, subject:DN, or sha256: and 64 lower-case digits"}));
  RESTANTE_RETURN_IF_ERROR(ValidateNames(
      account.token_subjects,
      {"account.token_subjects", NameKind::kToken, kMaxTokenSubjects, kMaxTokenSubjectOctets,
       [](absl::string_view subject) { return !subject.empty(); },
       "1 to 320 octets of UTF-8 without control characters"}));
  return ValidateNames(
      account.addresses,
      {"account.addresses", NameKind::kAddress, kMaxAddresses, kMaxAddressOctets, IsAddress,
       "local@domain in UTF-8, with no blank, quote, '<', '>', '/', '\\' or further '@'"});
}

}  // namespace

bool IsAccountId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxAccountIdOctets && IsLowerAlnum(text.front()) &&
         AllOf(text, [](char c) { return IsLowerAlnum(c) || c == '.' || c == '_' || c == '-'; });
}

absl::Status ValidateAccount(const Account& account) {
  if (!IsAccountId(account.id)) {
    return InvalidField("account_id", "must be 1 to 63 of [a-z0-9._-], first a letter or digit");
  }
  RESTANTE_RETURN_IF_ERROR(ValidateAllNames(account));
  if (account.alias.size() > kMaxAliasOctets || !IsAlias(account.alias)) {
    return InvalidField("account.alias", "must be at most 64 of [A-Za-z0-9._-]");
  }
  if (account.placement.empty() || account.placement.size() > kMaxPlacementOctets ||
      !AllOf(account.placement, [](char c) { return IsLowerAlnum(c) || c == '-'; })) {
    return InvalidField("account.placement", "must be 1 to 63 of [a-z0-9-]");
  }
  if (account.disabled_mechanisms.size() > kMaxDisabledMechanisms) {
    return InvalidField("account.disabled_mechanisms", "at most 32 are allowed");
  }
  for (const std::string& mechanism : account.disabled_mechanisms) {
    if (IsMechanismName(mechanism)) continue;
    return InvalidField("account.disabled_mechanisms", "must be SASL mechanism names");
  }
  return absl::OkStatus();
}

absl::Status ValidateNtlmPolicy(const ntlm::Policy& policy) {
  if (policy.accepted_target_names.size() > ntlm::kMaxTargetNames) {
    return InvalidField("policy.ntlm.accepted_target_names", "at most 32 are allowed");
  }
  for (const std::string& name : policy.accepted_target_names) {
    if (!name.empty() && name.size() <= ntlm::kMaxTargetNameOctets && FoldName(name)) continue;
    return InvalidField("policy.ntlm.accepted_target_names", "must be 1 to 255 octets of UTF-8");
  }
  return absl::OkStatus();
}

absl::Status ValidateNamePolicy(const NamePolicy& policy) {
  const auto is_domain = [](absl::string_view text) {
    return text.empty() ||
           (text.size() <= kMaxDomainOctets && IsNamePart(text) && FoldName(text).has_value());
  };
  constexpr absl::string_view kForm =
      "must be at most 255 octets of UTF-8, with no '/', '\\' or '@', and no blank at the ends";
  if (!is_domain(policy.default_domain)) return InvalidField("policy.names.default_domain", kForm);
  if (policy.realms.size() > kMaxRealms) {
    return InvalidField("policy.names.realms", "at most 100 are allowed");
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < policy.realms.size(); ++i) {
    const Realm& realm = policy.realms[i];
    const std::string field = absl::StrCat("policy.names.realms[", i, "]");
    if (realm.name.empty() || !is_domain(realm.name)) {
      return InvalidField(absl::StrCat(field, ".name"), kForm);
    }
    if (!is_domain(realm.windows_domain)) {
      return InvalidField(absl::StrCat(field, ".windows_domain"), kForm);
    }
    if (realm.windows_domain.empty() && policy.default_domain.empty()) {
      return InvalidField(absl::StrCat(field, ".windows_domain"),
                          "must be given where there is no default_domain");
    }
    if (!seen.insert(*FoldName(realm.name)).second) {
      return InvalidField(absl::StrCat(field, ".name"), "stands there twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace restante::directory
