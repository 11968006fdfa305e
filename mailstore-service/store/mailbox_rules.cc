#include "mailstore-service/store/mailbox_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

MailboxLimits LimitsOf(const MailboxQuota& quota, const MailboxLimits& defaults) {
  return {quota.max_octets.value_or(defaults.max_octets),
          quota.max_messages.value_or(defaults.max_messages)};
}

RetentionLimits RetentionOf(const MailboxRetention& retention, const RetentionLimits& defaults) {
  return {retention.after_delivery.value_or(defaults.after_delivery),
          retention.after_read.value_or(defaults.after_read)};
}

std::optional<absl::Duration> ShortestOf(const RetentionLimits& retention) {
  std::optional<absl::Duration> shortest;
  for (absl::Duration each : {retention.after_delivery, retention.after_read}) {
    if (each > absl::ZeroDuration() && (!shortest || each < *shortest)) shortest = each;
  }
  return shortest;
}

absl::Status CheckLimits(const MailboxLimits& limits, int64_t count, int64_t octets,
                         int64_t size_octets) {
  const auto exceeded = [](absl::string_view what) {
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kQuotaExceeded,
                     absl::StrCat("the mailbox may hold no more than ", what));
  };
  if (limits.max_messages > 0 && count >= limits.max_messages) {
    return exceeded(absl::StrCat(limits.max_messages, " messages"));
  }
  // Written so that no sum overflows.
  if (limits.max_octets > 0 &&
      (size_octets > limits.max_octets || octets > limits.max_octets - size_octets)) {
    return exceeded(absl::StrCat(limits.max_octets, " octets"));
  }
  return absl::OkStatus();
}

bool IsExpired(const RetentionLimits& retention, const MessageSummary& message, absl::Time now) {
  const auto is_over = [now](absl::Duration kept, absl::Time since) {
    return kept > absl::ZeroDuration() && now - since >= kept + Mailstore::kRetentionGrace;
  };
  return is_over(retention.after_delivery, message.delivery_time) ||
         (message.read_time && is_over(retention.after_read, *message.read_time));
}

absl::Status CheckSettings(const MailboxSettings& settings) {
  const absl::Duration zero = absl::ZeroDuration();
  const auto negative = [](absl::string_view field) {
    return InvalidField(field, "must not be negative");
  };
  if (settings.quota.max_octets.value_or(0) < 0) return negative("max_octets");
  if (settings.quota.max_messages.value_or(0) < 0) return negative("max_messages");
  if (settings.retention.after_delivery.value_or(zero) < zero) return negative("after_delivery");
  if (settings.retention.after_read.value_or(zero) < zero) return negative("after_read");
  return absl::OkStatus();
}

absl::Status MailboxNotFound() {
  return MakeError(absl::StatusCode::kNotFound, ErrorReason::kMailboxNotFound, "no such mailbox");
}

absl::Status MailboxIsDeleted() {
  return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMailboxDeleted,
                   "the mailbox is deleted");
}

absl::Status MailboxIsNotDeleted() {
  return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMailboxNotDeleted,
                   "the mailbox is not deleted");
}

absl::Status MailboxExists() {
  return MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kMailboxExists,
                   "there is a mailbox of this id");
}

absl::Status MailboxChanged() {
  return MakeError(absl::StatusCode::kAborted, ErrorReason::kEtagMismatch,
                   "the mailbox was changed meanwhile");
}

absl::Status MaildropInUse() {
  return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse,
                   "another session has the maildrop open");
}

}  // namespace restante::mailstore
