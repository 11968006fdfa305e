#ifndef RESTANTE_TOOLS_RESTANTECTL_MESSAGES_H_
#define RESTANTE_TOOLS_RESTANTECTL_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The `messages` commands. Lists get all pages and print them as one answer.

absl::Status ListMessages(Session& session, const std::string& mailbox_id);
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

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MESSAGES_H_
