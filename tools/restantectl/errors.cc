#include "tools/restantectl/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {
namespace {

constexpr char kUsagePayload[] = "restantectl/usage";
constexpr char kToldPayload[] = "restantectl/told";
constexpr char kDifferencePayload[] = "restantectl/difference";

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsagePayload).has_value();
}

struct NextStep {
  ErrorReason reason;
  absl::string_view text;
};

constexpr NextStep kNextSteps[] = {
    {ErrorReason::kAccountNotFound, "restantectl accounts list shows what there is"},
    {ErrorReason::kAccountExists,
     "choose another ID, or change that account with restantectl accounts update"},
    {ErrorReason::kNameTaken,
     "take the name from the account that holds it (restantectl accounts update HOLDER "
     "--remove-...), or choose another"},
    {ErrorReason::kEtagMismatch, "somebody else changed it meanwhile; look again and repeat"},
    {ErrorReason::kFieldInvalid, "correct the value that is named and repeat"},
    {ErrorReason::kRoleMissing,
     "use a certificate with that role: RESTANTE_TLS_CERTIFICATE and RESTANTE_TLS_PRIVATE_KEY"},
    {ErrorReason::kAccountDeleted, "bring it back first: restantectl accounts undelete ID"},
    {ErrorReason::kAccountNotDeleted, "there is nothing to bring back"},
    {ErrorReason::kAttemptNotFound,
     "auth remembers recent attempts only; let the person try again and use the new reference"},
    {ErrorReason::kMailboxNotFound,
     "a mailbox comes to be at its first delivery or logon; restantectl mailboxes list shows what "
     "there is"},
    {ErrorReason::kCredentialKeyMissing,
     "put the key that is named back into auth's credential_keys directory and restart auth"},
    {ErrorReason::kOperationNotFound,
     "restantectl operations list shows those that are remembered"},
    {ErrorReason::kOperationRunning,
     "restantectl operations wait follows the operation that is named, and cancel stops it"},
    {ErrorReason::kBackupNotConfigured,
     "set backup_directory in the service's configuration and restart it"},
    {ErrorReason::kMailboxDeleted, "bring it back first: restantectl mailboxes undelete ID"},
    {ErrorReason::kMailboxNotDeleted, "delete it first: restantectl mailboxes delete ID"},
    {ErrorReason::kMailboxExists,
     "restantectl mailboxes list --deleted shows it; change it with restantectl mailboxes update"},
    {ErrorReason::kMaildropInUse,
     "wait for its session's end, or take it: restantectl mailboxes break-lease ID"},
    {ErrorReason::kMessageCorrupt,
     "restore what is named from a backup; the other messages can be read"},
    {ErrorReason::kStoreFull, "free disk space on the service's volume and repeat"},
    {ErrorReason::kStoreFailed, "see the service's log, repair its disk, and restart it"},
};

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsagePayload, absl::Cord());
  return status;
}

absl::Status DifferenceError(absl::string_view message) {
  absl::Status status = absl::DataLossError(message);
  status.SetPayload(kDifferencePayload, absl::Cord());
  return status;
}

absl::Status AlreadyTold() {
  absl::Status status = absl::InternalError("");
  status.SetPayload(kToldPayload, absl::Cord());
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  if (IsUsageError(status)) return ExitCode::kUsage;
  if (status.GetPayload(kDifferencePayload)) return ExitCode::kDifferent;
  if (absl::IsNotFound(status)) return ExitCode::kNotFound;
  if (absl::IsAlreadyExists(status) || absl::IsAborted(status) ||
      absl::IsFailedPrecondition(status)) {
    return ExitCode::kConflict;
  }
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return ExitCode::kUnavailable;
  }
  if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) {
    return ExitCode::kPermission;
  }
  return ExitCode::kFailed;
}

absl::string_view NextStepFor(const absl::Status& status) {
  if (IsUsageError(status)) return "add --help to the command";
  const ErrorReason reason = GetErrorReason(status);
  for (const NextStep& step : kNextSteps) {
    if (step.reason == reason) return step.text;
  }
  switch (ExitCodeOf(status)) {
    case ExitCode::kUnavailable:
      return "check that the service runs, that its address and server name are right, and that "
             "both sides trust each other's authority; then repeat";
    case ExitCode::kNotFound:
      return "the list command of this group shows what there is";
    case ExitCode::kDifferent:
      return "look at what is listed above; repeat the import, or take it as it is with "
             "--allow-uidl-change";
    case ExitCode::kOk:
    case ExitCode::kFailed:
    case ExitCode::kUsage:
    case ExitCode::kConflict:
    case ExitCode::kPermission:
      return "see the service's log";
  }
  RESTANTE_CHECK(false && "every exit code is handled");
}

std::string DescribeError(const absl::Status& status) {
  if (status.GetPayload(kToldPayload)) return "";
  std::string text = absl::StrCat("error: ", Printable(status.message()), "\n");
  if (!IsUsageError(status)) {
    absl::StrAppend(&text, "reason: ", absl::StatusCodeToString(status.code()));
    const ErrorReason reason = GetErrorReason(status);
    if (reason != ErrorReason::kUnspecified) {
      absl::StrAppend(&text, "/", ErrorReasonName(reason));
    }
    text += "\n";
  }
  const std::string field = GetInvalidField(status);
  if (!field.empty()) absl::StrAppend(&text, "field: ", Printable(field), "\n");
  for (const auto& [key, value] : GetErrorMetadata(status)) {
    absl::StrAppend(&text, Printable(key), ": ", Printable(value), "\n");
  }
  absl::StrAppend(&text, "next: ", NextStepFor(status), "\n");
  return text;
}

}  // namespace restante::ctl
