#include "mailstore-service/maintenance/verification.h"

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/maintenance/mailbox_walk.h"

namespace restante::mailstore {
namespace {

constexpr size_t kBatch = 100;

template <typename T>
void Keep(const T& found, std::vector<T>* list, int64_t* more) {
  if (list->size() < VerificationTotals::kMaxDamaged) {
    list->push_back(found);
  } else {
    ++*more;
  }
}

}  // namespace

absl::StatusOr<VerificationTotals> VerifyMailboxes(
    Mailstore& store, const std::string& mailbox_id,
    const std::function<bool(const VerificationTotals&)>& go_on) {
  VerificationTotals totals;
  const auto visit = [&](const MailboxInfo& mailbox) -> absl::Status {
    ++totals.mailboxes;
    LookedThrough looked_through;
    while (!looked_through.done) {
      const absl::StatusOr<VerificationResult> result =
          store.VerifyMessages(mailbox.mailbox_id, looked_through.last_message_id, kBatch);
      if (absl::IsNotFound(result.status())) break;  // it was purged meanwhile
      if (!result.ok()) {
        Keep(mailbox.mailbox_id, &totals.unreadable, &totals.more_unreadable);
        break;
      }
      looked_through = result->looked_through;
      totals.seen.count += looked_through.seen.count;
      totals.seen.octets += looked_through.seen.octets;
      for (const DamagedMessage& message : result->damaged) {
        Keep(DamageFound{mailbox.mailbox_id, message}, &totals.damaged, &totals.more_damaged);
      }
      if (!go_on(totals)) return absl::CancelledError("it was asked to stop");
    }
    return absl::OkStatus();
  };
  RESTANTE_RETURN_IF_ERROR(WalkMailboxes(store, mailbox_id, /*show_deleted=*/true, visit));
  return totals;
}

}  // namespace restante::mailstore
