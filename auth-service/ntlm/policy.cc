#include "auth-service/ntlm/policy.h"

namespace restante::ntlm {

absl::string_view ResponseFormName(ResponseForm form) {
  switch (form) {
    case ResponseForm::kNtlmV2:
      return "NTLMv2";
    case ResponseForm::kNtlm2Session:
      return "NTLM2 session";
    case ResponseForm::kNtlmV1:
      return "NTLMv1";
    case ResponseForm::kLm:
      return "LM or LMv2";
    case ResponseForm::kAnonymous:
      return "anonymous";
    case ResponseForm::kUnknown:
      return "unknown";
  }
  return "unknown";
}

absl::string_view WeakestResponseText(WeakestResponse weakest) {
  switch (weakest) {
    case WeakestResponse::kNtlmV2:
      return "NTLMv2 alone";
    case WeakestResponse::kNtlm2Session:
      return "NTLMv2 and NTLM2 session";
    case WeakestResponse::kNtlmV1:
      return "NTLMv2, NTLM2 session and NTLMv1";
  }
  return "NTLMv2 alone";
}

}  // namespace restante::ntlm
