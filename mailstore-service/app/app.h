#ifndef RESTANTE_MAILSTORE_SERVICE_APP_APP_H_
#define RESTANTE_MAILSTORE_SERVICE_APP_APP_H_

#include "absl/status/status.h"
#include "common/app/shutdown_signals.h"
#include "mailstore-service/app/config.h"

namespace restante::mailstore {

// Makes a mailstore of its parts and runs it until SIGTERM; returns once calls have ended and the
// store is closed. An error when it cannot start, naming what is in the way.
absl::Status Run(const Config& config, app::ShutdownSignals* signals);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_APP_APP_H_
