#ifndef RESTANTE_TOOLS_RESTANTECTL_WATCHES_H_
#define RESTANTE_TOOLS_RESTANTECTL_WATCHES_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands that go on until they are interrupted, or until `limit` lines (0: no end). A server
// that goes away is watched again. JSON is one line an event.

// Every account, then each change.
absl::Status WatchAccounts(Session& session, int limit);

// Logons as they are decided, after the latest `backlog` of those that the filter holds for.
absl::Status WatchLogons(Session& session, const std::string& filter, int backlog, int limit);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_WATCHES_H_
