#include "auth-service/directory/field_changes.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/audit/field_texts.h"

namespace restante::directory {
namespace {

using audit::FieldTexts;
using audit::TimeText;
using Texts = std::vector<std::string>;

Texts TextsOf(const std::vector<Delegate>& delegates) {
  Texts texts;
  for (const Delegate& delegate : delegates) {
    const bool expires = delegate.expire_time != absl::InfiniteFuture();
    texts.push_back(
        absl::StrCat("accounts/", delegate.account_id,
                     delegate.may_delete ? " may read and delete" : " may read",
                     expires ? absl::StrCat(" until ", TimeText(delegate.expire_time)) : ""));
  }
  return texts;
}

FieldTexts TextsOf(const Account* account) {
  FieldTexts texts;
  if (account == nullptr) return texts;
  texts.Add("windows_names", account->windows_names);
  texts.Add("principal_names", account->principal_names);
  texts.Add("alias", account->alias);
  texts.Add("addresses", account->addresses);
  texts.Add("certificate_names", account->certificate_names);
  texts.Add("token_subjects", account->token_subjects);
  texts.Add("mailbox_id", account->mailbox_id);
  texts.Add("placement", account->placement);
  texts.Add("disabled", account->disabled);
  texts.Add("disabled_mechanisms", account->disabled_mechanisms);
  if (account->weakest_ntlm_response) {
    texts.Add("weakest_ntlm_response",
              std::string(ntlm::WeakestResponseText(*account->weakest_ntlm_response)));
  }
  texts.Add("delegates", TextsOf(account->delegates));
  if (account->credential) {
    const SealedCredential& credential = *account->credential;
    texts.Add(
        "credential",
        absl::StrCat(
            "under key ", credential.key_id,
            credential.set_time ? absl::StrCat(", set ", TimeText(*credential.set_time)) : ""));
  }
  if (account->deletion) {
    texts.Add("delete_time", TimeText(account->deletion->delete_time));
    texts.Add("expire_time", TimeText(account->deletion->expire_time));
  }
  return texts;
}

const char* TextOf(EmptyDomain rule) {
  switch (rule) {
    case EmptyDomain::kDefaultOrUnique:
      return "default or unique";
    case EmptyDomain::kDefault:
      return "default";
    case EmptyDomain::kRefuse:
      return "refuse";
  }
  return "";
}

const char* TextOf(ForeignDomain rule) {
  return rule == ForeignDomain::kRefuse ? "refuse" : "ignore";
}

const char* TextOf(NameCase rule) { return rule == NameCase::kExact ? "exact" : "insensitive"; }

void AddNames(const NamePolicy& names, FieldTexts* texts) {
  texts->Add("names.default_domain", names.default_domain);
  texts->Add("names.empty_domain", std::string(TextOf(names.empty_domain)));
  texts->Add("names.foreign_domain", std::string(TextOf(names.foreign_domain)));
  texts->Add("names.user_case", std::string(TextOf(names.user_case)));
  Texts realms;
  for (const Realm& realm : names.realms) {
    realms.push_back(
        absl::StrCat(realm.name, " means ",
                     realm.windows_domain.empty() ? "the default domain" : realm.windows_domain,
                     realm.user_case ? absl::StrCat(", case ", TextOf(*realm.user_case)) : ""));
  }
  texts->Add("names.realms", std::move(realms));
}

FieldTexts TextsOf(const ProtocolPolicy& policy) {
  FieldTexts texts;
  for (const MechanismSetting& setting : policy.mechanisms) {
    texts.Add(absl::StrCat("mechanisms.", setting.mechanism),
              absl::StrCat(setting.enabled ? "enabled" : "disabled",
                           setting.require_tls ? ", under TLS alone" : ", with and without TLS"));
  }
  texts.Add("ntlm.weakest_response",
            std::string(ntlm::WeakestResponseText(policy.ntlm.weakest_response)));
  texts.Add("ntlm.weak_responses_without_tls", policy.ntlm.weak_responses_without_tls);
  texts.Add("ntlm.allow_lmv2", policy.ntlm.allow_lmv2);
  texts.Add("ntlm.require_mic", policy.ntlm.require_mic);
  texts.Add("ntlm.accepted_target_names", policy.ntlm.accepted_target_names);
  if (policy.names) AddNames(*policy.names, &texts);
  return texts;
}

}  // namespace

std::vector<audit::FieldChange> FieldChanges(const Account* before, const Account* after) {
  return FieldTexts::Compare(TextsOf(before), TextsOf(after));
}

std::vector<audit::FieldChange> FieldChanges(const ProtocolPolicy& before,
                                             const ProtocolPolicy& after) {
  return FieldTexts::Compare(TextsOf(before), TextsOf(after));
}

}  // namespace restante::directory
