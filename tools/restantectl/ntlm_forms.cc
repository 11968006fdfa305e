#include "tools/restantectl/ntlm_forms.h"

namespace restante::ctl {
namespace {

struct NamedForm {
  auth::v1::NtlmResponseForm form;
  const char* name;
};

constexpr NamedForm kForms[] = {
    {auth::v1::NTLM_RESPONSE_FORM_NTLMV2, "ntlmv2"},
    {auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION, "ntlm2-session"},
    {auth::v1::NTLM_RESPONSE_FORM_NTLMV1, "ntlmv1"},
};

}  // namespace

std::vector<std::string> NtlmFormNames() {
  std::vector<std::string> names;
  for (const NamedForm& named : kForms) names.emplace_back(named.name);
  return names;
}

auth::v1::NtlmResponseForm NtlmFormOf(const std::string& name) {
  for (const NamedForm& named : kForms) {
    if (name == named.name) return named.form;
  }
  return auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED;
}

std::string NtlmFormName(auth::v1::NtlmResponseForm form) {
  for (const NamedForm& named : kForms) {
    if (form == named.form) return named.name;
  }
  return "policy";
}

}  // namespace restante::ctl
