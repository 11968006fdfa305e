#include "auth-service/ntlm/verify.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante::ntlm {
namespace {

constexpr size_t kProofOctets = 16;
constexpr size_t kOldResponseOctets = 24;
// Proof, two version octets, six zeros, time, client challenge, four zeros, end of the AV pairs.
constexpr size_t kMinNtlmV2Octets = 44;
constexpr size_t kAvPairsOffset = 28;
constexpr uint32_t kAvFlagMic = 2;
constexpr absl::string_view kPromise = "[object Promise]";

std::string ToUtf16(absl::string_view utf8) {
  if (std::optional<std::string> wide = Utf8ToUtf16Le(utf8)) return *std::move(wide);
  ByteWriter widened;
  for (char c : utf8) widened.U16Le(static_cast<uint8_t>(c));
  return widened.Take();
}

bool IsAllZero(absl::string_view octets) {
  return std::all_of(octets.begin(), octets.end(), [](char c) { return c == 0; });
}

// An NTLMv2 response taken apart ([MS-NLMP] 2.2.2.7 and 2.2.2.8).
struct NtlmV2Response {
  absl::string_view proof;
  absl::string_view temp;  // exactly as sent: the proof covers it
  AvPairs pairs;
};

std::optional<NtlmV2Response> ParseNtlmV2(absl::string_view response) {
  NtlmV2Response parsed;
  ByteReader reader(response);
  std::optional<absl::string_view> proof = reader.ReadBytes(kProofOctets);
  if (!proof) return std::nullopt;
  parsed.proof = *proof;
  parsed.temp = reader.rest();
  if (reader.ReadU8() != 1 || reader.ReadU8() != 1) return std::nullopt;
  if (!reader.Skip(kAvPairsOffset - 2)) return std::nullopt;
  std::optional<AvPairs> pairs = ParseAvPairs(reader.rest());
  if (!pairs) return std::nullopt;
  parsed.pairs = *pairs;
  return parsed;
}

std::vector<std::string> CandidateDomains(absl::string_view sent, absl::string_view own) {
  std::vector<std::string> candidates;
  for (const std::string& domain :
       {std::string(sent), UpperSimple(sent).value_or(std::string(sent)), std::string(own),
        UpperSimple(own).value_or(std::string(own)), std::string()}) {
    if (std::find(candidates.begin(), candidates.end(), domain) == candidates.end()) {
      candidates.push_back(domain);
    }
  }
  return candidates;
}

struct Proven {
  std::string domain;
  Secret key;
};

// All candidates are computed whichever of them fits.
std::optional<Proven> FindDomain(const NtlmV2Response& response, const AuthenticateMessage& message,
                                 const ChallengeMessage& challenge, const Secret& nt_hash) {
  std::string covered = absl::StrCat(challenge.server_challenge, response.temp);
  std::optional<Proven> proven;
  for (const std::string& domain : CandidateDomains(message.domain, challenge.netbios_domain)) {
    Secret key = NtlmV2Key(nt_hash, message.user, domain);
    bool matches = EqualInConstantTime(HmacMd5(key.view(), covered), response.proof);
    if (matches && !proven) proven = Proven{domain, std::move(key)};
  }
  return proven;
}

// [MS-NLMP] 3.2.5.1.2: the MIC covers all three messages, with its own place zeroed.
bool MicIsRight(const Conversation& conversation, const AuthenticateMessage& message,
                const Secret& key, absl::string_view proof) {
  std::string authenticate = conversation.authenticate;
  if (authenticate.size() < kMicOffset + kMicOctets) return false;
  std::string mic = authenticate.substr(kMicOffset, kMicOctets);
  authenticate.replace(kMicOffset, kMicOctets, kMicOctets, '\0');
  Secret session_key(HmacMd5(key.view(), proof));
  bool exchanged = (message.flags.value_or(0) & kKeyExchange) != 0 &&
                   message.encrypted_session_key.size() == kProofOctets;
  if (exchanged) session_key = Secret(Rc4(session_key.view(), message.encrypted_session_key));
  std::string expected =
      HmacMd5(session_key.view(),
              absl::StrCat(conversation.negotiate, conversation.challenge, authenticate));
  return EqualInConstantTime(expected, mic);
}

Verdict CheckChannelBindings(const AvPairs& pairs, const ChannelBindingRules& rules) {
  if (rules.policy == ChannelBindingPolicy::kNone) return Verdict::kAccepted;
  bool required = rules.policy == ChannelBindingPolicy::kRequire;
  // Sixteen zeros are how some clients say that they have none.
  bool supplied = pairs.channel_bindings.has_value() && !IsAllZero(*pairs.channel_bindings);
  if (required && (!rules.tls || !supplied)) return Verdict::kChannelBindingMissing;
  const bool comparable = rules.tls && (required || !rules.accepted.empty());
  if (!supplied || !comparable) return Verdict::kAccepted;
  bool right = false;
  for (const std::string& accepted : rules.accepted) {
    right |= EqualInConstantTime(accepted, *pairs.channel_bindings);
  }
  return right ? Verdict::kAccepted : Verdict::kChannelBindingWrong;
}

// What the proof vouches for beyond the password.
Verdict CheckProvenPairs(const Conversation& conversation, const AuthenticateMessage& message,
                         const ChallengeMessage& challenge, const NtlmV2Response& response,
                         const Secret& key, const ChannelBindingRules& rules) {
  const AvPairs& pairs = response.pairs;
  bool echoes_time = pairs.timestamp.has_value() && !challenge.timestamp.empty();
  if (echoes_time && *pairs.timestamp != challenge.timestamp) return Verdict::kTimestampChanged;
  bool promises_mic = (pairs.flags.value_or(0) & kAvFlagMic) != 0;
  if (promises_mic && !MicIsRight(conversation, message, key, response.proof)) {
    return Verdict::kMicWrong;
  }
  return CheckChannelBindings(pairs, rules);
}

Verification VerifyNtlmV2(const Conversation& conversation, const AuthenticateMessage& message,
                          const ChallengeMessage& challenge, const Secret& nt_hash,
                          const ChannelBindingRules& rules) {
  Verification result;
  result.form = ResponseForm::kNtlmV2;
  std::optional<NtlmV2Response> response = ParseNtlmV2(message.nt_response);
  if (!response) return result;
  std::optional<Proven> proven = FindDomain(*response, message, challenge, nt_hash);
  // Computed whether the password was right or not, so that both take the same time.
  Secret promise_hash = NtHash(Secret::CopyOf(kPromise));
  bool promise = FindDomain(*response, message, challenge, promise_hash).has_value();
  if (!proven) {
    result.verdict = Verdict::kWrongPassword;
    result.made_without_password = promise;
    return result;
  }
  result.verified_domain = proven->domain;
  result.verdict =
      CheckProvenPairs(conversation, message, challenge, *response, proven->key, rules);
  return result;
}

Verdict VerdictOnForm(ResponseForm form) {
  switch (form) {
    case ResponseForm::kNtlmV2:
      return Verdict::kAccepted;
    case ResponseForm::kNtlm2Session:
      return Verdict::kNtlm2SessionNotAllowed;
    case ResponseForm::kNtlmV1:
      return Verdict::kNtlmV1NotAllowed;
    case ResponseForm::kLmOnly:
      return Verdict::kLmNotAllowed;
    case ResponseForm::kAnonymous:
      return Verdict::kAnonymous;
    case ResponseForm::kUnknown:
      return Verdict::kMalformed;
  }
  return Verdict::kMalformed;
}

}  // namespace

Secret NtHash(const Secret& password_utf8) {
  Secret wide(ToUtf16(password_utf8.view()));
  return Secret(Md4(wide.view()));
}

Secret NtlmV2Key(const Secret& nt_hash, absl::string_view user, absl::string_view domain) {
  std::string upper = UpperSimple(user).value_or(std::string(user));
  return Secret(HmacMd5(nt_hash.view(), ToUtf16(absl::StrCat(upper, domain))));
}

absl::string_view ResponseFormName(ResponseForm form) {
  switch (form) {
    case ResponseForm::kNtlmV2:
      return "NTLMv2";
    case ResponseForm::kNtlm2Session:
      return "NTLM2 session";
    case ResponseForm::kNtlmV1:
      return "NTLMv1";
    case ResponseForm::kLmOnly:
      return "LM";
    case ResponseForm::kAnonymous:
      return "anonymous";
    case ResponseForm::kUnknown:
      return "unknown";
  }
  return "unknown";
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
    case Verdict::kMicWrong:
      return "MIC_WRONG";
    case Verdict::kChannelBindingWrong:
      return "CHANNEL_BINDING_WRONG";
    case Verdict::kChannelBindingMissing:
      return "CHANNEL_BINDING_MISSING";
    case Verdict::kTimestampChanged:
      return "TIMESTAMP_CHANGED";
  }
  return "MALFORMED";
}

ResponseForm FormOf(const AuthenticateMessage& message, uint32_t challenge_flags) {
  size_t nt_octets = message.nt_response.size();
  size_t lm_octets = message.lm_response.size();
  bool anonymous = (message.flags.value_or(0) & kAnonymous) != 0 || message.user.empty();
  if (anonymous || (nt_octets == 0 && lm_octets <= 1)) return ResponseForm::kAnonymous;
  if (nt_octets >= kMinNtlmV2Octets) return ResponseForm::kNtlmV2;
  if (nt_octets == kOldResponseOctets) {
    bool session_security = (challenge_flags & kExtendedSessionSecurity) != 0;
    bool client_challenge = lm_octets == kOldResponseOctets &&
                            IsAllZero(absl::string_view(message.lm_response).substr(8));
    return session_security && client_challenge ? ResponseForm::kNtlm2Session
                                                : ResponseForm::kNtlmV1;
  }
  if (nt_octets == 0 && lm_octets == kOldResponseOctets) return ResponseForm::kLmOnly;
  return ResponseForm::kUnknown;
}

Verification Verify(const Conversation& conversation, const Secret& nt_hash,
                    const ChannelBindingRules& channel_bindings) {
  absl::StatusOr<ChallengeMessage> challenge = ParseChallenge(conversation.challenge);
  if (!challenge.ok()) return {};
  absl::StatusOr<AuthenticateMessage> message =
      ParseAuthenticate(conversation.authenticate, challenge->flags);
  if (!message.ok()) return {};
  ResponseForm form = FormOf(*message, challenge->flags);
  if (form == ResponseForm::kNtlmV2) {
    return VerifyNtlmV2(conversation, *message, *challenge, nt_hash, channel_bindings);
  }
  Verification result;
  result.form = form;
  result.verdict = VerdictOnForm(form);
  return result;
}

std::string ChannelBindingHash(absl::string_view server_end_point) {
  // Initiator and acceptor address types and lengths are zero: sixteen octets.
  std::string application_data = absl::StrCat("tls-server-end-point:", server_end_point);
  ByteWriter writer;
  writer.U64Le(0).U64Le(0).U32Le(static_cast<uint32_t>(application_data.size()));
  return Md5(writer.Bytes(application_data).bytes());
}

}  // namespace restante::ntlm
