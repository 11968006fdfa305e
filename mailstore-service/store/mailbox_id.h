#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace restante::mailstore {

// FIELD_INVALID unless `mailbox_id` is 1 to 64 of [a-z0-9-]. Every verb that can make a mailbox
// checks it, so that no key on disk is ever ambiguous.
absl::Status CheckMailboxId(absl::string_view mailbox_id);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_
