#include "auth-service/ntlm/responses.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/unicode.h"
#include "common/crypto/digest.h"

namespace restante::ntlm {
namespace {

constexpr size_t kProofOctets = 16;
constexpr size_t kOldResponseOctets = 24;
constexpr size_t kClientChallengeOctets = 8;
constexpr size_t kSessionChallengeOctets = 8;
// Proof, two version octets, six zeros, time, client challenge, four zeros, end of the AV pairs.
constexpr size_t kMinNtlmV2Octets = 44;

std::string Widened(absl::string_view octets) {
  ByteWriter widened;
  for (char c : octets) widened.U16Le(static_cast<uint8_t>(c));
  return widened.Take();
}

std::string ToUtf16(absl::string_view utf8) {
  std::optional<std::string> wide = Utf8ToUtf16Le(utf8);
  return wide ? *std::move(wide) : Widened(utf8);
}

std::string Upper(absl::string_view text) { return UpperSimple(text).value_or(std::string(text)); }

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

bool IsAllZero(absl::string_view octets) {
  return std::all_of(octets.begin(), octets.end(), [](char c) { return c == 0; });
}

}  // namespace

Secret NtHash(const Secret& password_utf8) {
  Secret wide(ToUtf16(password_utf8.view()));
  return Secret(Md4(wide.view()));
}

std::vector<std::string> NtlmV2Identities(absl::string_view user, absl::string_view domain,
                                          bool unicode) {
  std::vector<std::string> identities = {ToUtf16(absl::StrCat(Upper(user), domain))};
  if (IsAscii(user) && IsAscii(domain)) return identities;
  const std::string ascii_upper = absl::StrCat(absl::AsciiStrToUpper(user), domain);
  const std::string left_in_case = ToUtf16(ascii_upper);
  if (left_in_case != identities.front()) identities.push_back(left_in_case);
  if (!unicode) identities.push_back(Widened(ascii_upper));
  return identities;
}

Secret NtlmV2Key(const Secret& nt_hash, absl::string_view identity) {
  return Secret(HmacMd5(nt_hash.view(), identity));
}

std::string SessionChallenge(absl::string_view server_challenge,
                             absl::string_view client_challenge) {
  return Md5(absl::StrCat(server_challenge, client_challenge)).substr(0, kSessionChallengeOctets);
}

std::string ChannelBindingHash(absl::string_view server_end_point) {
  // Initiator and acceptor address types and lengths are zero: sixteen octets.
  std::string application_data = absl::StrCat("tls-server-end-point:", server_end_point);
  ByteWriter writer;
  writer.U64Le(0).U64Le(0).U32Le(static_cast<uint32_t>(application_data.size()));
  return Md5(writer.Bytes(application_data).bytes());
}

ResponseForm FormOf(const AuthenticateMessage& message, uint32_t challenge_flags) {
  size_t nt_octets = message.nt_response.size();
  size_t lm_octets = message.lm_response.size();
  bool anonymous = (message.flags.value_or(0) & kAnonymous) != 0 || message.user.empty();
  if (anonymous || (nt_octets == 0 && lm_octets <= 1)) return ResponseForm::kAnonymous;
  if (nt_octets >= kMinNtlmV2Octets) return ResponseForm::kNtlmV2;
  if (nt_octets == kOldResponseOctets) {
    bool session_security = (challenge_flags & kExtendedSessionSecurity) != 0;
    bool client_challenge =
        lm_octets == kOldResponseOctets &&
        IsAllZero(absl::string_view(message.lm_response).substr(kClientChallengeOctets));
    return session_security && client_challenge ? ResponseForm::kNtlm2Session
                                                : ResponseForm::kNtlmV1;
  }
  if (nt_octets == 0 && lm_octets == kOldResponseOctets) return ResponseForm::kLm;
  return ResponseForm::kUnknown;
}

std::optional<NtlmV2Response> ParseNtlmV2(absl::string_view response) {
  NtlmV2Response parsed;
  ByteReader reader(response);
  std::optional<absl::string_view> proof = reader.ReadBytes(kProofOctets);
  if (!proof) return std::nullopt;
  parsed.proof = *proof;
  parsed.temp = reader.rest();
  if (reader.ReadU8() != 1 || reader.ReadU8() != 1 || !reader.Skip(6)) return std::nullopt;
  std::optional<uint64_t> filetime = reader.ReadU64Le();
  if (!filetime || !reader.Skip(kClientChallengeOctets) || !reader.Skip(4)) return std::nullopt;
  parsed.filetime = *filetime;
  std::optional<AvPairs> pairs = ParseAvPairs(reader.rest());
  if (!pairs) return std::nullopt;
  parsed.pairs = *pairs;
  return parsed;
}

}  // namespace restante::ntlm
