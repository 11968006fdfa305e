#ifndef RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The `mailboxes` commands. Lists get all pages and print them as one answer.

absl::Status GetMailbox(Session& session, const std::string& id);
absl::Status ListMailboxes(Session& session);

// New limits of a mailbox, as typed: a number with K, M or G behind it or not, "none" for no limit,
// "default" for the store's, empty to leave it.
struct QuotaChanges {
  std::string mailbox_id;
  std::string max_octets;
  std::string max_messages;
  bool create = false;  // the mailbox, when it is not there
};
absl::Status UpdateMailbox(Session& session, const QuotaChanges& changes);

// Messages that were deleted and can be brought back.
absl::Status ListDeletedMessages(Session& session, const std::string& mailbox_id);

// Of one mailbox. `messages` are ids, with or without what stands before them in a name; `all` in
// place of them means every message that is deleted.
struct MessageChoice {
  std::string mailbox_id;
  std::vector<std::string> messages;
  bool all = false;
};
absl::Status DeleteMessages(Session& session, const MessageChoice& choice);
absl::Status UndeleteMessages(Session& session, const MessageChoice& choice);
absl::Status PurgeDeletedMessages(Session& session, const MessageChoice& choice);

absl::Status BreakLease(Session& session, const std::string& mailbox_id);

absl::Status ListMessages(Session& session, const std::string& mailbox_id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
