#ifndef RESTANTE_TOOLS_RESTANTECTL_DOCTOR_H_
#define RESTANTE_TOOLS_RESTANTECTL_DOCTOR_H_

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The command: holds the settings, the certificates, the services, their clocks, keys and policies
// against what they should be, and prints a line for each with what to do about it. An error when
// something is wrong that keeps people from their mail or this program from its work; warnings
// alone are none.
absl::Status Examine(Session& session, const ConnectionSettings& settings);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_DOCTOR_H_
