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

absl::Status ListOperations(Session& session, const std::string& filter, int limit);
// `id` with or without "operations/".
absl::Status GetOperation(Session& session, const std::string& id);
absl::Status WaitOperation(Session& session, const std::string& id);
absl::Status CancelOperation(Session& session, const std::string& id);
absl::Status DeleteOperation(Session& session, const std::string& id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_JOBS_H_
