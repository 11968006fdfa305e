#include "mailstore-service/maintenance/mailbox_walk.h"

#include <cstdint>
#include <vector>

#include "common/base/status_macros.h"

namespace restante::mailstore {

absl::Status WalkMailboxes(Mailstore& store, const std::string& mailbox_id, bool show_deleted,
                           const std::function<absl::Status(const MailboxInfo&)>& visit) {
  constexpr size_t kPage = 100;
  if (!mailbox_id.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo mailbox, store.GetMailbox(mailbox_id));
    return visit(mailbox);
  }
  std::string after;
  std::vector<MailboxInfo> page;
  do {
    RESTANTE_ASSIGN_OR_RETURN(page, store.ListMailboxes(after, kPage, show_deleted));
    for (const MailboxInfo& mailbox : page) {
      RESTANTE_RETURN_IF_ERROR(visit(mailbox));
      after = mailbox.mailbox_id;
    }
  } while (page.size() == kPage);
  return absl::OkStatus();
}

absl::StatusOr<WalkTotals> CountMailboxes(Mailstore& store, const std::string& mailbox_id,
                                          bool show_deleted) {
  WalkTotals totals;
  RESTANTE_RETURN_IF_ERROR(
      WalkMailboxes(store, mailbox_id, show_deleted, [&totals](const MailboxInfo& mailbox) {
        ++totals.mailboxes;
        totals.messages += mailbox.message_count;
        return absl::OkStatus();
      }));
  return totals;
}

}  // namespace restante::mailstore
