#ifndef RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The `mailboxes` commands. Lists get all pages and print them as one answer.

absl::Status GetMailbox(Session& session, const std::string& id);
absl::Status ListMailboxes(Session& session);
absl::Status ListMessages(Session& session, const std::string& mailbox_id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAILBOXES_H_
