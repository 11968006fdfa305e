#ifndef RESTANTE_TOOLS_RESTANTECTL_SERVER_INFO_H_
#define RESTANTE_TOOLS_RESTANTECTL_SERVER_INFO_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// What one listener answered, and what was seen while it did.
struct ServerAnswer {
  common::v1::ServerInfo info;
  absl::Duration clock_ahead;  // of ours, to within half of round_trip
  absl::Duration round_trip;
  std::string certificate_pem;  // the server's
};

// `check`: let it look for what is wrong as well.
absl::StatusOr<ServerAnswer> FetchServerInfo(Session& session, Program program, bool check);

// "auth" or "mailstore".
std::string ProgramName(Program program);

// The command: who the services take the caller for and what it may do, for each service that is
// configured; the error of the first when neither answers.
absl::Status WhoAmI(Session& session);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_SERVER_INFO_H_
