#include "mailstore-service/store/quota.h"

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"

namespace restante::mailstore {

MailboxLimits LimitsOf(const MailboxQuota& quota, const MailboxLimits& defaults) {
  return {quota.max_octets.value_or(defaults.max_octets),
          quota.max_messages.value_or(defaults.max_messages)};
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

absl::Status CheckQuota(const MailboxQuota& quota) {
  if (quota.max_octets.value_or(0) < 0) return InvalidField("max_octets", "must not be negative");
  if (quota.max_messages.value_or(0) < 0) {
    return InvalidField("max_messages", "must not be negative");
  }
  return absl::OkStatus();
}

}  // namespace restante::mailstore
