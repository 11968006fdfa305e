#ifndef RESTANTE_AUTH_SERVICE_AUTHORITY_REFUSAL_H_
#define RESTANTE_AUTH_SERVICE_AUTHORITY_REFUSAL_H_

#include "absl/strings/string_view.h"

namespace restante::authority {

// Why a logon is refused, precisely: for the operator, never for the client. Every one costs a
// client the same answer, time and work, except those that the client is told of anyway (kMechanism
// and kTls ones of the protocol's policy).
enum class Refusal {
  // The protocol's policy.
  kMechanismUnknown,
  kMechanismDisabled,
  kTlsRequired,
  // The dialogue.
  kMessageMalformed,
  kChallengeExpired,
  // The name.
  kNameMalformed,
  kUnknownName,
  kAmbiguousName,
  kDomainMissing,
  // The proof.
  kNoCredential,
  kWrongPassword,
  kAnonymous,
  kNtlmV1NotAllowed,
  kNtlm2SessionNotAllowed,
  kLmNotAllowed,
  kWeakNtlmWithoutTls,
  kNtlmV1Downgraded,
  kMicWrong,
  kMicMissing,
  kChannelBindingWrong,
  kChannelBindingMissing,
  kChannelBindingStripped,
  kTimestampChanged,
  kTargetNameNotAccepted,
  kNoCertificate,
  kTokenInvalid,
  kTokenExpired,
  kTokenForOthers,
  kTokenNamesNobody,
  // The account.
  kAccountDisabled,
  kAccountMechanismDisabled,
  kNoMailbox,
  kMailboxUnknown,
  kNotDelegate,
  kDelegationExpired,
};

// "WRONG_PASSWORD" for kWrongPassword: for logs, metrics and ExplainLogon.
absl::string_view RefusalName(Refusal refusal);

// What an operator does about it, as one sentence.
absl::string_view NextStep(Refusal refusal);

}  // namespace restante::authority

#endif  // RESTANTE_AUTH_SERVICE_AUTHORITY_REFUSAL_H_
