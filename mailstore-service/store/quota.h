#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_QUOTA_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_QUOTA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "mailstore-service/store/types.h"

// What mailboxes may hold. Pure functions, thread-safe.
namespace restante::mailstore {

// The limits that hold for a mailbox, by its own and those of the store.
MailboxLimits LimitsOf(const MailboxQuota& quota, const MailboxLimits& defaults);

// QUOTA_EXCEEDED when a message of `size_octets` does not fit beside what is there.
absl::Status CheckLimits(const MailboxLimits& limits, int64_t count, int64_t octets,
                         int64_t size_octets);

// FIELD_INVALID for a negative limit.
absl::Status CheckQuota(const MailboxQuota& quota);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_QUOTA_H_
