#include "auth-service/logon/ntlm_evidence.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/responses.h"
#include "common/base/byte_writer.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", EscapeForLog(text), "\""); }

// 100 ns since 1601 ([MS-DTYP] 2.3.3).
absl::Time FromFiletime(uint64_t filetime) {
  constexpr int64_t kUnixEpochInSeconds = 11'644'473'600;
  return absl::FromUnixMicros(static_cast<int64_t>(filetime / 10)) -
         absl::Seconds(kUnixEpochInSeconds);
}

std::string DescribeNtlmV2(const ntlm::NtlmV2Response& response, absl::string_view our_time) {
  std::string text;
  if (response.pairs.target_name && !response.pairs.target_name->empty()) {
    absl::StrAppend(&text, ", target ",
                    Quoted(Utf16LeToUtf8(*response.pairs.target_name).value_or("not text")));
  }
  // Many clients repeat the challenge's time, so that theirs is not known.
  const bool is_echo = ByteWriter().U64Le(response.filetime).bytes() == our_time;
  absl::StrAppend(&text, ", clock ",
                  is_echo ? "as ours"
                          : absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", FromFiletime(response.filetime),
                                             absl::UTCTimeZone()));
  if ((response.pairs.flags.value_or(0) & ntlm::kAvFlagMic) != 0) absl::StrAppend(&text, ", MIC");
  return text;
}

}  // namespace

NtlmEvidence EvidenceOf(const sasl::NtlmClaim& claim) {
  const ntlm::AuthenticateMessage& message = claim.message;
  const absl::StatusOr<ntlm::ChallengeMessage> challenge =
      ntlm::ParseChallenge(claim.conversation.challenge);
  const ntlm::ResponseForm form = ntlm::FormOf(message, challenge.ok() ? challenge->flags : 0);
  NtlmEvidence evidence;
  evidence.form = std::string(ntlm::ResponseFormName(form));
  evidence.text = absl::StrCat("domain ", Quoted(message.domain), ", workstation ",
                               Quoted(message.workstation));
  if (form != ntlm::ResponseForm::kNtlmV2) return evidence;
  if (const auto response = ntlm::ParseNtlmV2(message.nt_response)) {
    evidence.text += DescribeNtlmV2(*response, challenge.ok() ? challenge->timestamp : "");
  }
  return evidence;
}

}  // namespace restante::logon
