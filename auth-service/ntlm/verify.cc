#include "auth-service/ntlm/verify.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante::ntlm {
namespace {

constexpr size_t kProofOctets = 16;
constexpr size_t kClientChallengeOctets = 8;
constexpr absl::string_view kPromise = "[object Promise]";
// One group of four base64 characters, which a client takes for a status in front of the message.
constexpr size_t kLateOctets = 3;

bool IsAllZero(absl::string_view octets) {
  return std::all_of(octets.begin(), octets.end(), [](char c) { return c == 0; });
}

// Our challenge as it looks to a client that lost the message's beginning: behind it are zeros.
std::string ReadLate(absl::string_view server_challenge) {
  return absl::StrCat(server_challenge.substr(kLateOctets), std::string(kLateOctets, '\0'));
}

std::vector<std::string> CandidateDomains(absl::string_view sent, absl::string_view own,
                                          std::optional<absl::string_view> wanted) {
  std::vector<std::string> candidates;
  for (const std::string& domain :
       {std::string(sent), UpperSimple(sent).value_or(std::string(sent)), std::string(own),
        UpperSimple(own).value_or(std::string(own)), std::string()}) {
    if (wanted && !SameName(domain, *wanted)) continue;
    if (std::find(candidates.begin(), candidates.end(), domain) == candidates.end()) {
      candidates.push_back(domain);
    }
  }
  return candidates;
}

Verdict CheckChannelBindings(std::optional<absl::string_view> sent, const Rules& rules) {
  const ChannelBindingRules& bindings = rules.channel_bindings;
  if (bindings.policy == ChannelBindingPolicy::kNone) return Verdict::kAccepted;
  const bool required = bindings.policy == ChannelBindingPolicy::kRequire;
  // Sixteen zeros are how some clients say that they have none.
  const bool supplied = sent.has_value() && !IsAllZero(*sent);
  std::vector<std::string> accepted = bindings.load_balancers;
  if (bindings.own) accepted.push_back(*bindings.own);
  if (required && (!supplied || (accepted.empty() && !rules.tls))) {
    return Verdict::kChannelBindingMissing;
  }
  if (!supplied || (accepted.empty() && !required)) return Verdict::kAccepted;
  bool right = false;
  for (const std::string& value : accepted) right |= EqualInConstantTime(value, *sent);
  return right ? Verdict::kAccepted : Verdict::kChannelBindingWrong;
}

bool IsAcceptedTarget(absl::string_view utf16_name, const Policy& policy) {
  if (policy.accepted_target_names.empty()) return true;
  const std::optional<std::string> name = Utf16LeToUtf8(utf16_name);
  return name.has_value() &&
         std::any_of(policy.accepted_target_names.begin(), policy.accepted_target_names.end(),
                     [&name](const std::string& accepted) { return SameName(*name, accepted); });
}

// What the older forms cannot prove.
Verdict CheckWithoutPairs(const Rules& rules) {
  if (rules.policy.require_mic) return Verdict::kMicMissing;
  if (!rules.policy.accepted_target_names.empty()) return Verdict::kTargetNameNotAccepted;
  return CheckChannelBindings(std::nullopt, rules);
}

}  // namespace

Exchange::Exchange(Conversation conversation) : conversation_(std::move(conversation)) {
  absl::StatusOr<ChallengeMessage> challenge = ParseChallenge(conversation_.challenge);
  if (!challenge.ok()) return;
  absl::StatusOr<AuthenticateMessage> message =
      ParseAuthenticate(conversation_.authenticate, challenge->flags);
  if (!message.ok()) return;
  challenge_ = *std::move(challenge);
  message_ = *std::move(message);
  form_ = FormOf(message_, challenge_.flags);
  if (form_ == ResponseForm::kNtlmV2) ntlm_v2_ = ParseNtlmV2(message_.nt_response);
}

Match Exchange::MatchWith(const Secret& nt_hash, std::optional<absl::string_view> domain) const {
  switch (form_) {
    case ResponseForm::kNtlmV2: {
      const absl::string_view response = message_.nt_response;
      return MatchHmac(nt_hash, domain, response.substr(0, kProofOctets),
                       response.substr(kProofOctets));
    }
    case ResponseForm::kLm: {
      const absl::string_view response = message_.lm_response;
      return MatchHmac(nt_hash, domain, response.substr(0, kProofOctets),
                       response.substr(kProofOctets));
    }
    case ResponseForm::kNtlm2Session:
    case ResponseForm::kNtlmV1:
      return MatchDes(nt_hash, domain);
    case ResponseForm::kAnonymous:
    case ResponseForm::kUnknown:
      break;
  }
  return {};
}

// NTLMv2 and LMv2 ([MS-NLMP] 3.3.2). Every candidate is computed, whichever of them fits.
Match Exchange::MatchHmac(const Secret& nt_hash, std::optional<absl::string_view> domain,
                          absl::string_view proof, absl::string_view covered) const {
  const std::string in_time = absl::StrCat(challenge_.server_challenge, covered);
  const std::string late = absl::StrCat(ReadLate(challenge_.server_challenge), covered);
  Match match;
  for (const std::string& candidate :
       CandidateDomains(message_.domain, challenge_.netbios_domain, domain)) {
    for (const std::string& identity :
         NtlmV2Identities(message_.user, candidate, message_.unicode)) {
      Secret key = NtlmV2Key(nt_hash, identity);
      const bool right = EqualInConstantTime(HmacMd5(key.view(), in_time), proof);
      match.challenge_read_late |= EqualInConstantTime(HmacMd5(key.view(), late), proof);
      if (match.right) continue;
      match.right = right;
      match.domain = candidate;
      match.key = std::move(key);
    }
  }
  return match;
}

// NTLMv1 and NTLM2 session ([MS-NLMP] 3.3.1), which cover no name at all.
Match Exchange::MatchDes(const Secret& nt_hash, std::optional<absl::string_view> domain) const {
  const auto fits = [&](const std::string& server_challenge) {
    const std::string challenge =
        form_ == ResponseForm::kNtlm2Session
            ? SessionChallenge(
                  server_challenge,
                  absl::string_view(message_.lm_response).substr(0, kClientChallengeOctets))
            : server_challenge;
    return EqualInConstantTime(Desl(nt_hash.view(), challenge), message_.nt_response);
  };
  const bool is_sent_domain = !domain || SameName(message_.domain, *domain);
  Match match;
  const bool right = fits(challenge_.server_challenge);
  match.challenge_read_late = fits(ReadLate(challenge_.server_challenge));
  match.right = right && is_sent_domain;
  match.domain = message_.domain;
  return match;
}

Verdict Exchange::Judge(const Match& match, const Rules& rules) const {
  if (form_ == ResponseForm::kAnonymous) return Verdict::kAnonymous;
  if (form_ == ResponseForm::kUnknown) return Verdict::kMalformed;
  if (form_ == ResponseForm::kNtlmV2 && !ntlm_v2_) return Verdict::kMalformed;
  const Verdict beyond =
      form_ == ResponseForm::kNtlmV2 ? CheckPairs(match, rules) : CheckWithoutPairs(rules);
  const Verdict form = CheckForm(rules);
  if (form != Verdict::kAccepted) return form;
  return match.right ? beyond : Verdict::kWrongPassword;
}

Verdict Exchange::CheckForm(const Rules& rules) const {
  const WeakestResponse weakest = rules.policy.weakest_response;
  switch (form_) {
    case ResponseForm::kNtlmV2:
      return Verdict::kAccepted;
    case ResponseForm::kNtlm2Session:
      if (weakest < WeakestResponse::kNtlm2Session) return Verdict::kNtlm2SessionNotAllowed;
      break;
    case ResponseForm::kNtlmV1:
      if (weakest < WeakestResponse::kNtlmV1) return Verdict::kNtlmV1NotAllowed;
      // Who agreed to something better and sends this was talked out of it on the way.
      if ((challenge_.flags & kExtendedSessionSecurity) != 0) return Verdict::kNtlmV1Downgraded;
      break;
    case ResponseForm::kLm:
      if (!rules.policy.allow_lmv2) return Verdict::kLmNotAllowed;
      break;
    case ResponseForm::kAnonymous:
      return Verdict::kAnonymous;
    case ResponseForm::kUnknown:
      return Verdict::kMalformed;
  }
  const bool protected_enough = rules.tls || rules.policy.weak_responses_without_tls;
  return protected_enough ? Verdict::kAccepted : Verdict::kWeakResponseWithoutTls;
}

// What an NTLMv2 proof vouches for beyond the password.
Verdict Exchange::CheckPairs(const Match& match, const Rules& rules) const {
  const AvPairs& pairs = ntlm_v2_->pairs;
  const bool promises_mic = (pairs.flags.value_or(0) & kAvFlagMic) != 0;
  // With whatever key there is, so that a wrong password takes no less time.
  const bool mic_is_right = promises_mic && MicIsRight(match.key);
  const bool echoes_time = pairs.timestamp.has_value() && !challenge_.timestamp.empty();
  if (echoes_time && *pairs.timestamp != challenge_.timestamp) return Verdict::kTimestampChanged;
  if (promises_mic && !mic_is_right) return Verdict::kMicWrong;
  if (!promises_mic && rules.policy.require_mic) return Verdict::kMicMissing;
  if (!IsAcceptedTarget(pairs.target_name.value_or(""), rules.policy)) {
    return Verdict::kTargetNameNotAccepted;
  }
  return CheckChannelBindings(pairs.channel_bindings, rules);
}

// [MS-NLMP] 3.2.5.1.2: the MIC covers all three messages, with its own place zeroed.
bool Exchange::MicIsRight(const Secret& key) const {
  std::string authenticate = conversation_.authenticate;
  if (authenticate.size() < kMicOffset + kMicOctets) return false;
  std::string mic = authenticate.substr(kMicOffset, kMicOctets);
  authenticate.replace(kMicOffset, kMicOctets, kMicOctets, '\0');
  Secret session_key(HmacMd5(key.view(), ntlm_v2_->proof));
  bool exchanged = (message_.flags.value_or(0) & kKeyExchange) != 0 &&
                   message_.encrypted_session_key.size() == kProofOctets;
  if (exchanged) session_key = Secret(Rc4(session_key.view(), message_.encrypted_session_key));
  std::string expected =
      HmacMd5(session_key.view(),
              absl::StrCat(conversation_.negotiate, conversation_.challenge, authenticate));
  return EqualInConstantTime(expected, mic);
}

bool Exchange::MadeWithoutPassword() const {
  return MatchWith(NtHash(Secret::CopyOf(kPromise))).right;
}

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return "ACCEPTED";
    case Verdict::kWrongPassword:
      return "WRONG_PASSWORD";
    case Verdict::kMalformed:
      return "MALFORMED";
    case Verdict::kAnonymous:
      return "ANONYMOUS";
    case Verdict::kNtlmV1NotAllowed:
      return "NTLMV1_NOT_ALLOWED";
    case Verdict::kNtlm2SessionNotAllowed:
      return "NTLM2_SESSION_NOT_ALLOWED";
    case Verdict::kLmNotAllowed:
      return "LM_NOT_ALLOWED";
    case Verdict::kWeakResponseWithoutTls:
      return "WEAK_RESPONSE_WITHOUT_TLS";
    case Verdict::kNtlmV1Downgraded:
      return "NTLMV1_DOWNGRADED";
    case Verdict::kMicWrong:
      return "MIC_WRONG";
    case Verdict::kMicMissing:
      return "MIC_MISSING";
    case Verdict::kChannelBindingWrong:
      return "CHANNEL_BINDING_WRONG";
    case Verdict::kChannelBindingMissing:
      return "CHANNEL_BINDING_MISSING";
    case Verdict::kTimestampChanged:
      return "TIMESTAMP_CHANGED";
    case Verdict::kTargetNameNotAccepted:
      return "TARGET_NAME_NOT_ACCEPTED";
  }
  return "MALFORMED";
}

}  // namespace restante::ntlm
