#ifndef RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The `mailboxes` commands. Lists get all pages and print them as one answer.

absl::Status GetMailbox(Session& session, const std::string& id);
absl::Status ListMailboxes(Session& session, bool show_deleted);

// A mailbox's settings as typed; empty to leave one as it is, "default" for the store's.
struct MailboxChanges {
  std::string mailbox_id;
  // A number with K, M or G behind it or not, or "none" for no limit.
  std::string max_octets;
  std::string max_messages;
  // A number of days, or "ever".
  std::string keep;
  std::string keep_read;
};
absl::Status CreateMailbox(Session& session, const MailboxChanges& changes);
absl::Status UpdateMailbox(Session& session, const MailboxChanges& changes);

absl::Status DeleteMailbox(Session& session, const std::string& id);
absl::Status UndeleteMailbox(Session& session, const std::string& id);
absl::Status PurgeMailbox(Session& session, const std::string& id);

absl::Status BreakLease(Session& session, const std::string& mailbox_id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
