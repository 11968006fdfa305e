#include "pop3-frontend/backend/outcome_events.h"

#include <utility>
#include <variant>

#include "common/base/error_reason.h"

namespace restante::pop3 {

Event LogonEvent(absl::StatusOr<LogonAnswer> answer) {
  if (!answer.ok()) return BackendDown();
  return std::visit(
      [](auto&& alternative) -> Event { return std::forward<decltype(alternative)>(alternative); },
      *std::move(answer));
}

Event FailedOpen(const absl::Status& status) {
  if (GetErrorReason(status) == ErrorReason::kMaildropInUse) return Busy();
  if (GetErrorReason(status) == ErrorReason::kMailboxDeleted) return MailboxDeleted();
  return BackendDown();
}

Event FailedRead(const absl::Status& status) {
  if (GetErrorReason(status) == ErrorReason::kLeaseLost) return LeaseLost();
  if (absl::IsNotFound(status)) return BodyFailed{BodyFailure::kNotFound};
  if (absl::IsDataLoss(status)) return BodyFailed{BodyFailure::kCorrupt};
  return BodyFailed{BodyFailure::kUnavailable};
}

Event CloseEvent(const absl::Status& status) {
  if (status.ok()) return Closed();
  if (GetErrorReason(status) == ErrorReason::kLeaseLost) return LeaseLost();
  return BackendDown();
}

}  // namespace restante::pop3
