#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_OUTCOMES_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_OUTCOMES_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstore-service/lmtp/protocol/event.h"
#include "restante/mailstore/v1/delivery_service.pb.h"

// What a mailstore's answers are to a session. Pure functions.
namespace restante::lmtp {

// Of a call that failed, and of one mailbox. OK is kDelivered.
DeliveryOutcome ToOutcome(const absl::Status& status);

// Of an answered call. INTERNAL when there are not as many answers as mailboxes.
absl::StatusOr<std::vector<DeliveryOutcome>> ToOutcomes(
    const mailstore::v1::DeliverMessageResponse& response, size_t mailboxes);

// Whether the call is to be tried again with the same delivery ids: the store is away, or it is not
// known what it did.
[[nodiscard]] bool MayRepeatDelivery(const absl::Status& status);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_OUTCOMES_H_
