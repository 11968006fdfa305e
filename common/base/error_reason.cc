#include "common/base/error_reason.h"

#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"

namespace restante {
namespace {

constexpr char kReasonPayload[] = "restante/reason";
constexpr char kFieldPayload[] = "restante/field";
constexpr char kRetryPayload[] = "restante/retry-delay-ms";
constexpr char kMetadataPayloadPrefix[] = "restante/metadata/";

struct NamedReason {
  ErrorReason reason;
  absl::string_view name;
};

constexpr NamedReason kNames[] = {
    {ErrorReason::kUnspecified, "UNSPECIFIED"},
    {ErrorReason::kMaildropInUse, "MAILDROP_IN_USE"},
    {ErrorReason::kLeaseLost, "LEASE_LOST"},
    {ErrorReason::kMailboxMoved, "MAILBOX_MOVED"},
    {ErrorReason::kMailboxFrozen, "MAILBOX_FROZEN"},
    {ErrorReason::kStoreFull, "STORE_FULL"},
    {ErrorReason::kMessageCorrupt, "MESSAGE_CORRUPT"},
    {ErrorReason::kStoreFailed, "STORE_FAILED"},
    {ErrorReason::kGrantInvalid, "GRANT_INVALID"},
    {ErrorReason::kGrantExpired, "GRANT_EXPIRED"},
    {ErrorReason::kMailboxNotFound, "MAILBOX_NOT_FOUND"},
    {ErrorReason::kMessageNotFound, "MESSAGE_NOT_FOUND"},
    {ErrorReason::kQuotaExceeded, "QUOTA_EXCEEDED"},
    {ErrorReason::kMessageTooLarge, "MESSAGE_TOO_LARGE"},
    {ErrorReason::kDeliveryIncomplete, "DELIVERY_INCOMPLETE"},
    {ErrorReason::kAccountNotFound, "ACCOUNT_NOT_FOUND"},
    {ErrorReason::kAccountExists, "ACCOUNT_EXISTS"},
    {ErrorReason::kNameTaken, "NAME_TAKEN"},
    {ErrorReason::kEtagMismatch, "ETAG_MISMATCH"},
    {ErrorReason::kFieldInvalid, "FIELD_INVALID"},
    {ErrorReason::kRoleMissing, "ROLE_MISSING"},
    {ErrorReason::kCredentialKeyMissing, "CREDENTIAL_KEY_MISSING"},
    {ErrorReason::kSealedStateInvalid, "SEALED_STATE_INVALID"},
    {ErrorReason::kPageTokenInvalid, "PAGE_TOKEN_INVALID"},
    {ErrorReason::kAttemptNotFound, "ATTEMPT_NOT_FOUND"},
    {ErrorReason::kLimitExceeded, "LIMIT_EXCEEDED"},
    {ErrorReason::kDraining, "DRAINING"},
    {ErrorReason::kAccountDeleted, "ACCOUNT_DELETED"},
    {ErrorReason::kAccountNotDeleted, "ACCOUNT_NOT_DELETED"},
    {ErrorReason::kOperationNotFound, "OPERATION_NOT_FOUND"},
    {ErrorReason::kOperationRunning, "OPERATION_RUNNING"},
    {ErrorReason::kBackupNotConfigured, "BACKUP_NOT_CONFIGURED"},
    {ErrorReason::kDelegateNotFound, "DELEGATE_NOT_FOUND"},
    {ErrorReason::kDeleteNotGranted, "DELETE_NOT_GRANTED"},
    {ErrorReason::kMailboxDeleted, "MAILBOX_DELETED"},
    {ErrorReason::kMailboxNotDeleted, "MAILBOX_NOT_DELETED"},
    {ErrorReason::kMailboxExists, "MAILBOX_EXISTS"},
};

}  // namespace

absl::string_view ErrorReasonName(ErrorReason reason) {
  for (const NamedReason& named : kNames) {
    if (named.reason == reason) return named.name;
  }
  RESTANTE_CHECK(false && "every reason has a name");
}

std::optional<ErrorReason> ErrorReasonFromName(absl::string_view name) {
  for (const NamedReason& named : kNames) {
    if (named.name == name) return named.reason;
  }
  return std::nullopt;
}

absl::Status MakeError(absl::StatusCode code, ErrorReason reason, absl::string_view message) {
  RESTANTE_CHECK(code != absl::StatusCode::kOk);
  absl::Status status(code, message);
  status.SetPayload(kReasonPayload, absl::Cord(ErrorReasonName(reason)));
  return status;
}

ErrorReason GetErrorReason(const absl::Status& status) {
  std::optional<absl::Cord> payload;
  if (auto found = status.GetPayload(kReasonPayload)) payload = *std::move(found);
  if (!payload) return ErrorReason::kUnspecified;
  return ErrorReasonFromName(std::string(*payload)).value_or(ErrorReason::kUnspecified);
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kFieldInvalid,
                                  absl::StrCat(field, ": ", description));
  status.SetPayload(kFieldPayload, absl::Cord(field));
  return status;
}

std::string GetInvalidField(const absl::Status& status) {
  auto payload = status.GetPayload(kFieldPayload);
  return payload ? std::string(*payload) : std::string();
}

void SetErrorMetadata(absl::Status* status, absl::string_view key, absl::string_view value) {
  RESTANTE_CHECK(!status->ok());
  status->SetPayload(absl::StrCat(kMetadataPayloadPrefix, key), absl::Cord(value));
}

std::map<std::string, std::string> GetErrorMetadata(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& value) {
    if (!absl::ConsumePrefix(&type, kMetadataPayloadPrefix)) return;
    metadata[std::string(type)] = std::string(value);
  });
  return metadata;
}

void SetRetryDelay(absl::Status* status, absl::Duration delay) {
  RESTANTE_CHECK(!status->ok());
  status->SetPayload(kRetryPayload, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(delay))));
}

std::optional<absl::Duration> GetRetryDelay(const absl::Status& status) {
  auto payload = status.GetPayload(kRetryPayload);
  int64_t milliseconds = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) return std::nullopt;
  return absl::Milliseconds(milliseconds);
}

}  // namespace restante
