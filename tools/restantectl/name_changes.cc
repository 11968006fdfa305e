#include "tools/restantectl/name_changes.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {
namespace {

using auth::v1::NameSettings;
using auth::v1::Realm;

// By the enumerations' values, from 1.
constexpr const char* kEmptyDomains[] = {"default-or-unique", "default", "refuse"};
constexpr const char* kForeignDomains[] = {"refuse", "ignore"};
constexpr const char* kNameCases[] = {"insensitive", "exact"};

template <typename Names>
std::vector<std::string> ToVector(const Names& names) {
  return {std::begin(names), std::end(names)};
}

// 0, which is unspecified, for a name that is none.
template <typename Enum, typename Names>
Enum ValueOf(const std::string& name, const Names& names) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  return static_cast<Enum>(found == std::end(names) ? 0 : found - std::begin(names) + 1);
}

// The default's for an unspecified or unknown value.
template <typename Names>
std::string NameOf(int value, const Names& names) {
  return names[value >= 1 && value <= static_cast<int>(std::size(names)) ? value - 1 : 0];
}

absl::StatusOr<Realm> ParseRealm(const std::string& text) {
  Realm realm;
  absl::string_view rest = text;
  for (const char* name : kNameCases) {
    if (absl::ConsumeSuffix(&rest, absl::StrCat(":", name))) {
      realm.set_user_case(ValueOf<auth::v1::NameCase>(name, kNameCases));
    }
  }
  const size_t equals = rest.find('=');
  realm.set_name(std::string(rest.substr(0, equals)));
  if (equals != absl::string_view::npos) {
    realm.set_windows_domain(std::string(rest.substr(equals + 1)));
  }
  if (!realm.name().empty()) return realm;
  return UsageError(absl::StrCat(text,
                                 " is no realm: give NAME or NAME=DOMAIN, and :exact behind "
                                 "it where case counts"));
}

absl::Status ChangeRealms(const NameChanges& changes, NameSettings* names) {
  const auto find = [names](const std::string& name) {
    return std::find_if(
        names->mutable_realms()->begin(), names->mutable_realms()->end(),
        [&name](const Realm& held) { return FoldName(held.name()) == FoldName(name); });
  };
  for (const std::string& name : changes.remove_realms) {
    const auto found = find(name);
    if (found == names->mutable_realms()->end()) {
      return UsageError(absl::StrCat("the policy has no realm ", name));
    }
    names->mutable_realms()->erase(found);
  }
  for (const std::string& text : changes.add_realms) {
    RESTANTE_ASSIGN_OR_RETURN(const Realm realm, ParseRealm(text));
    const auto found = find(realm.name());
    (found == names->mutable_realms()->end() ? *names->add_realms() : *found) = realm;
  }
  return absl::OkStatus();
}

bool Any(const NameChanges& changes) {
  return changes.default_domain || !changes.empty_domain.empty() ||
         !changes.foreign_domain.empty() || !changes.user_case.empty() ||
         !changes.add_realms.empty() || !changes.remove_realms.empty();
}

}  // namespace

std::vector<std::string> EmptyDomainNames() { return ToVector(kEmptyDomains); }
std::vector<std::string> ForeignDomainNames() { return ToVector(kForeignDomains); }
std::vector<std::string> NameCaseNames() { return ToVector(kNameCases); }

absl::StatusOr<bool> ApplyNames(const NameChanges& changes, auth::v1::ProtocolPolicy* policy) {
  if (changes.from_configuration) {
    if (Any(changes)) {
      return UsageError(
          "--names-from-configuration takes all rules away; say nothing else of them");
    }
    policy->clear_names();
    return true;
  }
  if (!Any(changes)) return false;
  if (!policy->has_names() && !changes.default_domain) {
    return UsageError(
        "the policy has no rules for names yet, and the first replace those of auth's "
        "configuration: give --default-domain too ('' for none)");
  }
  NameSettings& names = *policy->mutable_names();
  if (changes.default_domain) names.set_default_domain(*changes.default_domain);
  if (!changes.empty_domain.empty()) {
    names.set_empty_domain(ValueOf<auth::v1::EmptyDomain>(changes.empty_domain, kEmptyDomains));
  }
  if (!changes.foreign_domain.empty()) {
    names.set_foreign_domain(
        ValueOf<auth::v1::ForeignDomain>(changes.foreign_domain, kForeignDomains));
  }
  if (!changes.user_case.empty()) {
    names.set_user_case(ValueOf<auth::v1::NameCase>(changes.user_case, kNameCases));
  }
  RESTANTE_RETURN_IF_ERROR(ChangeRealms(changes, &names));
  return true;
}

std::string ToTable(const NameSettings& names) {
  std::string text = absl::StrCat(
      "Names without a domain: ", NameOf(names.empty_domain(), kEmptyDomains),
      names.default_domain().empty() ? ", no default domain"
                                     : ", default " + Printable(names.default_domain()),
      "\nForeign domains: ", NameOf(names.foreign_domain(), kForeignDomains),
      "\nCase of users: ", NameOf(names.user_case(), kNameCases), "\n");
  for (const Realm& realm : names.realms()) {
    absl::StrAppend(
        &text, "Realm ", Printable(realm.name()), ": users of ",
        Printable(realm.windows_domain().empty() ? names.default_domain() : realm.windows_domain()),
        realm.user_case() == 0 ? "" : ", case " + NameOf(realm.user_case(), kNameCases), "\n");
  }
  return text;
}

}  // namespace restante::ctl
