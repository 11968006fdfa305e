#ifndef RESTANTE_COMMON_BASE_ERROR_REASON_H_
#define RESTANTE_COMMON_BASE_ERROR_REASON_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace restante {

// Why a call failed, for programs to decide on; the text of a status is for people. The values and
// names are those of restante.common.v1.ErrorReason, where each is documented; a test in
// common/rpc holds the two lists against each other.
enum class ErrorReason {
  kUnspecified = 0,
  kMaildropInUse = 1,
  kLeaseLost = 2,
  kMailboxMoved = 3,
  kMailboxFrozen = 4,
  kStoreFull = 5,
  kMessageCorrupt = 6,
  kStoreFailed = 7,
  kGrantInvalid = 8,
  kGrantExpired = 9,
  kMailboxNotFound = 10,
  kMessageNotFound = 11,
  kQuotaExceeded = 12,
  kMessageTooLarge = 13,
  kDeliveryIncomplete = 14,
  kAccountNotFound = 15,
  kAccountExists = 16,
  kNameTaken = 17,
  kEtagMismatch = 18,
  kFieldInvalid = 19,
  kRoleMissing = 20,
  kCredentialKeyMissing = 21,
  kSealedStateInvalid = 22,
  kPageTokenInvalid = 23,
  kAttemptNotFound = 24,
  kLimitExceeded = 25,
  kDraining = 26,
  kAccountDeleted = 27,
  kAccountNotDeleted = 28,
  kOperationNotFound = 29,
  kOperationRunning = 30,
  kBackupNotConfigured = 31,
  kDelegateNotFound = 32,
  kDeleteNotGranted = 33,
  kMailboxDeleted = 34,
  kMailboxNotDeleted = 35,
  kMailboxExists = 36,
};
inline constexpr ErrorReason kLastErrorReason = ErrorReason::kMailboxExists;

// "MAILDROP_IN_USE" for kMaildropInUse.
absl::string_view ErrorReasonName(ErrorReason reason);
// nullopt for a name that this build does not know.
std::optional<ErrorReason> ErrorReasonFromName(absl::string_view name);

// A status that carries `reason`. `code` must not be kOk.
absl::Status MakeError(absl::StatusCode code, ErrorReason reason, absl::string_view message);

// The reason that MakeError or the rpc layer put in; kUnspecified when there is none.
ErrorReason GetErrorReason(const absl::Status& status);

// MakeError(kInvalidArgument, kFieldInvalid) that names the field ("account.alias").
absl::Status InvalidField(absl::string_view field, absl::string_view description);
// The field that InvalidField named; empty when there is none.
std::string GetInvalidField(const absl::Status& status);

// Details by name, for programs: "holder" of a taken name, "key_id" of a missing key. Sent as
// ErrorInfo.metadata. Never a secret. `status` must not be OK.
void SetErrorMetadata(absl::Status* status, absl::string_view key, absl::string_view value);
std::map<std::string, std::string> GetErrorMetadata(const absl::Status& status);

// When another try is worth making; sent as RetryInfo. Kept to the millisecond. `status` must not
// be OK.
void SetRetryDelay(absl::Status* status, absl::Duration delay);
std::optional<absl::Duration> GetRetryDelay(const absl::Status& status);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_ERROR_REASON_H_
