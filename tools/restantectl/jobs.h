#ifndef RESTANTE_TOOLS_RESTANTECTL_JOBS_H_
#define RESTANTE_TOOLS_RESTANTECTL_JOBS_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands that begin long jobs, and those about operations. A job goes on when its command is
// interrupted.

// Begin the job and, unless `no_wait`, show its progress until it has ended; an error when it
// failed, and for a rewrap also when there were credentials that could not be opened.
absl::Status RewrapCredentials(Session& session, bool no_wait);
absl::Status BackupDirectory(Session& session, bool no_wait);

// About one mailbox, or all when it names none.
struct MailboxJob {
  std::string mailbox_id;
  bool validate_only = false;
  bool no_wait = false;
};
// Likewise; an error for a verification also when there were messages that cannot be read.
absl::Status ApplyRetention(Session& session, const MailboxJob& job);
absl::Status VerifyMailboxes(Session& session, const MailboxJob& job);
absl::Status BackupMailboxes(Session& session, bool no_wait);

// `program` says whose operations.
absl::Status ListOperations(Session& session, Program program, const std::string& filter,
                            int limit);
// `id` with or without "operations/".
absl::Status GetOperation(Session& session, Program program, const std::string& id);
absl::Status WaitOperation(Session& session, Program program, const std::string& id);
absl::Status CancelOperation(Session& session, Program program, const std::string& id);
absl::Status DeleteOperation(Session& session, Program program, const std::string& id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_JOBS_H_
