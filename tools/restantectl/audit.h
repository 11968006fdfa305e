#ifndef RESTANTE_TOOLS_RESTANTECTL_AUDIT_H_
#define RESTANTE_TOOLS_RESTANTECTL_AUDIT_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The latest `limit` changes in what the program keeps that the filter (as in
// ListAuditEntriesRequest) holds for, newest first; `limit` 0: all that are kept.
absl::Status ListAudit(Session& session, Program program, const std::string& filter, int limit);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_AUDIT_H_
