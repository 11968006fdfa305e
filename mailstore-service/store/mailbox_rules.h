#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_RULES_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_RULES_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "mailstore-service/store/types.h"

// What mailboxes may hold, and for how long. Pure functions, thread-safe.
namespace restante::mailstore {

// What holds for a mailbox, by its own settings and those of the store.
MailboxLimits LimitsOf(const MailboxQuota& quota, const MailboxLimits& defaults);
RetentionLimits RetentionOf(const MailboxRetention& retention, const RetentionLimits& defaults);

// nullopt: for ever.
std::optional<absl::Duration> ShortestOf(const RetentionLimits& retention);

// QUOTA_EXCEEDED when a message of `size_octets` does not fit beside what is there.
absl::Status CheckLimits(const MailboxLimits& limits, int64_t count, int64_t octets,
                         int64_t size_octets);

// Whether the message's time is over, with the grace that every message has.
bool IsExpired(const RetentionLimits& retention, const MessageSummary& message, absl::Time now);

// FIELD_INVALID for a negative limit.
absl::Status CheckSettings(const MailboxSettings& settings);

absl::Status MailboxNotFound();
absl::Status MailboxIsDeleted();
absl::Status MailboxIsNotDeleted();
absl::Status MailboxExists();
absl::Status MailboxChanged();  // ETAG_MISMATCH
absl::Status MaildropInUse();

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_RULES_H_
