#include "mailstore-service/lmtp/backend/delivery_outcomes.h"

#include "common/base/error_reason.h"
#include "common/rpc/status.h"

namespace restante::lmtp {

DeliveryOutcome ToOutcome(const absl::Status& status) {
  if (status.ok()) return DeliveryOutcome::kDelivered;
  ErrorReason reason = GetErrorReason(status);
  if (reason == ErrorReason::kQuotaExceeded) return DeliveryOutcome::kMailboxFull;
  if (reason == ErrorReason::kMailboxDeleted) return DeliveryOutcome::kMailboxDeleted;
  if (reason == ErrorReason::kStoreFull) return DeliveryOutcome::kStoreFull;
  if (reason == ErrorReason::kMessageTooLarge) return DeliveryOutcome::kTooLarge;
  return DeliveryOutcome::kUnavailable;
}

absl::StatusOr<std::vector<DeliveryOutcome>> ToOutcomes(
    const mailstore::v1::DeliverMessageResponse& response, size_t mailboxes) {
  if (static_cast<size_t>(response.results_size()) != mailboxes) {
    return absl::InternalError("the mailstore gave another number of answers than mailboxes");
  }
  std::vector<DeliveryOutcome> outcomes;
  for (const mailstore::v1::DeliveryResult& result : response.results()) {
    outcomes.push_back(ToOutcome(rpc::FromProto(result.status())));
  }
  return outcomes;
}

bool MayRepeatDelivery(const absl::Status& status) {
  // A server that is cut off leaves the last two; none of them is an answer of the store's.
  return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsUnknown(status);
}

}  // namespace restante::lmtp
