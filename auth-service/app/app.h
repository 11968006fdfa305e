#ifndef RESTANTE_AUTH_SERVICE_APP_APP_H_
#define RESTANTE_AUTH_SERVICE_APP_APP_H_

#include "absl/status/status.h"
#include "auth-service/app/config.h"
#include "common/app/shutdown_signals.h"

namespace restante::logon {

// Makes an auth service of its parts and runs it until SIGTERM; returns once it has drained. An
// error when it cannot start, naming what is in the way.
absl::Status Run(const Config& config, app::ShutdownSignals* signals);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_APP_H_
