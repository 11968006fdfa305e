#ifndef RESTANTE_TOOLS_RESTANTECTL_DIAGNOSIS_H_
#define RESTANTE_TOOLS_RESTANTECTL_DIAGNOSIS_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/logons.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands diagnose-logon and logons.

// Prints everything that stands in the way of a logon by `question.name`, and, where a mailstore is
// configured, what it says of the mailbox. OK whatever was found; JSON is auth's answer alone.
absl::Status DiagnoseLogon(Session& session, const LogonQuestion& question);

// The latest `limit` logons that the filter (as in ListLogonEventsRequest) holds for, newest first;
// `limit` 0: all that auth remembers.
absl::Status ListLogons(Session& session, const std::string& filter, int limit);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_DIAGNOSIS_H_
