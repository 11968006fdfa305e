#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// FIELD_INVALID unless `mailbox_id` is 1 to 64 of [a-z0-9-]. Every verb that can make a mailbox
// checks it, so that no key on disk is ever ambiguous.
absl::Status CheckMailboxId(absl::string_view mailbox_id);

// FIELD_INVALID unless there are 1 to 1,000, each of that form and each once.
absl::Status CheckTargets(const std::vector<std::string>& mailbox_ids);

// FIELD_INVALID unless there is one for each mailbox, or none.
absl::Status CheckDeliveryIds(const std::vector<std::string>& delivery_ids,
                              const std::vector<std::string>& mailbox_ids);

// FIELD_INVALID unless ids and times are as they must be.
absl::Status CheckImportedMessage(const ImportedMessage& message);
// What says that it was imported before, in place of a delivery id; no delivery id looks like it.
std::string ImportKey(const ImportedMessage& message);
bool IsImportKey(absl::string_view delivery_id);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_ID_H_
