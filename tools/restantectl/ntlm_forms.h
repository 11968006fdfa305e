#ifndef RESTANTE_TOOLS_RESTANTECTL_NTLM_FORMS_H_
#define RESTANTE_TOOLS_RESTANTECTL_NTLM_FORMS_H_

#include <string>
#include <vector>

#include "restante/auth/v1/ntlm_settings.pb.h"

namespace restante::ctl {

// The forms of NTLM responses as the command line and tables call them: "ntlmv2" and so on, from
// the strongest to the weakest, and "policy" for what an account leaves to the policy.

// Without "policy".
std::vector<std::string> NtlmFormNames();
// UNSPECIFIED for "policy" and every other text.
auth::v1::NtlmResponseForm NtlmFormOf(const std::string& name);
std::string NtlmFormName(auth::v1::NtlmResponseForm form);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_NTLM_FORMS_H_
