#ifndef RESTANTE_AUTH_SERVICE_NTLM_POLICY_H_
#define RESTANTE_AUTH_SERVICE_NTLM_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace restante::ntlm {

// What the client speaks, by the shape of its responses ([MS-NLMP] 3.3). An LM response without an
// NT response may be LMv2 as well; only the right password tells.
enum class ResponseForm { kNtlmV2, kNtlm2Session, kNtlmV1, kLm, kAnonymous, kUnknown };

// "NTLMv2" and so on, for logs.
absl::string_view ResponseFormName(ResponseForm form);

// The weakest form that is good enough; each includes those before it. The numbers are stored.
enum class WeakestResponse : uint8_t { kNtlmV2 = 1, kNtlm2Session = 2, kNtlmV1 = 3 };

// "NTLMv2 alone" and so on, for people.
absl::string_view WeakestResponseText(WeakestResponse weakest);

inline constexpr size_t kMaxTargetNames = 32;
inline constexpr size_t kMaxTargetNameOctets = 255;

// What a proof must be like besides being made with the right password. The defaults are the
// strictest that mail clients in use can meet.
struct Policy {
  WeakestResponse weakest_response = WeakestResponse::kNtlmV2;
  // Everything but NTLMv2 needs TLS otherwise.
  bool weak_responses_without_tls = false;
  bool allow_lmv2 = false;
  bool require_mic = false;
  // When there are any, a proof must name one as its target, compared by FoldName.
  std::vector<std::string> accepted_target_names;

  bool operator==(const Policy&) const = default;
};

}  // namespace restante::ntlm

#endif  // RESTANTE_AUTH_SERVICE_NTLM_POLICY_H_
