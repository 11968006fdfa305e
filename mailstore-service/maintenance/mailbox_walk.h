#ifndef RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_MAILBOX_WALK_H_
#define RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_MAILBOX_WALK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

// Visits the one mailbox, or every one when `mailbox_id` is empty, in the order of their ids; those
// that come to be meanwhile may be passed over. Ends with the first error: of the store, or of
// `visit`.
absl::Status WalkMailboxes(Mailstore& store, const std::string& mailbox_id, bool show_deleted,
                           const std::function<absl::Status(const MailboxInfo&)>& visit);

// The mailboxes that WalkMailboxes would visit, and the messages in them.
struct WalkTotals {
  int64_t mailboxes = 0;
  int64_t messages = 0;
};
absl::StatusOr<WalkTotals> CountMailboxes(Mailstore& store, const std::string& mailbox_id,
                                          bool show_deleted);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_MAILBOX_WALK_H_
