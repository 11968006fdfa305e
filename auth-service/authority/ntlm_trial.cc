#include "auth-service/authority/ntlm_trial.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/escape.h"

namespace restante::authority {
namespace {

// What the refusal's name and next step do not say.
absl::string_view RemarkOn(ntlm::Verdict verdict) {
  switch (verdict) {
    case ntlm::Verdict::kNtlmV1NotAllowed:
    case ntlm::Verdict::kNtlm2SessionNotAllowed:
    case ntlm::Verdict::kLmNotAllowed:
      return ", which is not allowed";
    case ntlm::Verdict::kWeakResponseWithoutTls:
      return ", which is not allowed without TLS";
    case ntlm::Verdict::kNtlmV1Downgraded:
      return " although it had agreed to session security";
    case ntlm::Verdict::kMicWrong:
      return ", and its integrity code is wrong";
    case ntlm::Verdict::kMicMissing:
      return " without an integrity code";
    case ntlm::Verdict::kChannelBindingWrong:
      return ", bound to another TLS connection than this";
    case ntlm::Verdict::kChannelBindingMissing:
      return ", not bound to a TLS connection";
    case ntlm::Verdict::kTimestampChanged:
      return ", and answers another challenge's time than ours";
    case ntlm::Verdict::kTargetNameNotAccepted:
      return ", for a target name that is not accepted";
    case ntlm::Verdict::kAccepted:
    case ntlm::Verdict::kWrongPassword:
    case ntlm::Verdict::kMalformed:
    case ntlm::Verdict::kAnonymous:
      break;
  }
  return "";
}

}  // namespace

NtlmTrial::NtlmTrial(const sasl::NtlmClaim& claim, const ntlm::Rules& rules)
    : exchange_(claim.conversation),
      rules_(rules),
      made_without_password_(exchange_.MadeWithoutPassword()) {}

void NtlmTrial::Try(const Candidate& candidate, bool is_real, const Secret& nt_hash,
                    const Secret& widened_nt_hash) {
  for (const Secret* hash : {&nt_hash, &widened_nt_hash}) {
    ntlm::Match match = exchange_.MatchWith(*hash, candidate.proof_domain);
    match.right &= is_real;
    challenge_read_late_ |= is_real && match.challenge_read_late;
    if (match_.right) continue;
    if (match.right) account_ = candidate.account;
    candidate_ = tried_;
    match_ = std::move(match);
  }
  if (account_ == nullptr) account_ = candidate.account;
  any_credential_ |= is_real;
  ++tried_;
}

void NtlmTrial::Skip(absl::Status status) {
  undecided_.Update(std::move(status));
  ++tried_;
}

absl::StatusOr<Verdict> NtlmTrial::Result() const {
  RESTANTE_CHECK(tried_ > 0);
  if (!undecided_.ok() && !match_.right) return undecided_;
  const ntlm::Verdict verdict = exchange_.Judge(match_, RulesOfAccount());
  if (verdict != ntlm::Verdict::kAccepted) return Refused{RefusalOf(verdict), FindingOf(verdict)};
  return Validated{candidate_, FindingOf(verdict)};
}

ntlm::Rules NtlmTrial::RulesOfAccount() const {
  ntlm::Rules rules = rules_;
  if (account_ != nullptr && account_->weakest_ntlm_response) {
    rules.policy.weakest_response = *account_->weakest_ntlm_response;
  }
  return rules;
}

Refusal NtlmTrial::RefusalOf(ntlm::Verdict verdict) const {
  switch (verdict) {
    case ntlm::Verdict::kAccepted:
      break;
    case ntlm::Verdict::kWrongPassword:
      if (account_ == nullptr) return Refusal::kUnknownName;
      return any_credential_ ? Refusal::kWrongPassword : Refusal::kNoCredential;
    case ntlm::Verdict::kMalformed:
      return Refusal::kMessageMalformed;
    case ntlm::Verdict::kAnonymous:
      return Refusal::kAnonymous;
    case ntlm::Verdict::kNtlmV1NotAllowed:
      return Refusal::kNtlmV1NotAllowed;
    case ntlm::Verdict::kNtlm2SessionNotAllowed:
      return Refusal::kNtlm2SessionNotAllowed;
    case ntlm::Verdict::kLmNotAllowed:
      return Refusal::kLmNotAllowed;
    case ntlm::Verdict::kWeakResponseWithoutTls:
      return Refusal::kWeakNtlmWithoutTls;
    case ntlm::Verdict::kNtlmV1Downgraded:
      return Refusal::kNtlmV1Downgraded;
    case ntlm::Verdict::kMicWrong:
      return Refusal::kMicWrong;
    case ntlm::Verdict::kMicMissing:
      return Refusal::kMicMissing;
    case ntlm::Verdict::kChannelBindingWrong:
      return Refusal::kChannelBindingWrong;
    case ntlm::Verdict::kChannelBindingMissing:
      return Refusal::kChannelBindingMissing;
    case ntlm::Verdict::kTimestampChanged:
      return Refusal::kTimestampChanged;
    case ntlm::Verdict::kTargetNameNotAccepted:
      return Refusal::kTargetNameNotAccepted;
  }
  RESTANTE_CHECK(false && "every verdict but one has a refusal");
}

std::string NtlmTrial::FindingOf(ntlm::Verdict verdict) const {
  std::string finding = absl::StrCat("this client speaks ",
                                     ntlm::ResponseFormName(exchange_.form()), RemarkOn(verdict));
  if (verdict == ntlm::Verdict::kAccepted) {
    return absl::StrCat(finding, ", proven with the domain \"", EscapeForLog(match_.domain), "\"");
  }
  if (match_.right) absl::StrAppend(&finding, "; its password is right");
  // An account may have that very text for a password.
  if (made_without_password_ && !match_.right) {
    absl::StrAppend(&finding,
                    "; the response was made with the text \"[object Promise]\" in the password's "
                    "place: a known fault of Thunderbird; let it use a normal password over TLS");
  }
  if (challenge_read_late_) {
    absl::StrAppend(&finding,
                    "; its password is right, but it read the challenge three octets late: a known "
                    "fault of Java Mail; let it use a normal password over TLS");
  }
  return finding;
}

}  // namespace restante::authority
