#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_APP_APP_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_APP_APP_H_

#include "absl/status/status.h"
#include "common/app/shutdown_signals.h"
#include "mailstore-service/lmtp/app/config.h"

namespace restante::lmtp {

// Makes an ingress of its parts and runs it until SIGTERM; returns once it has drained. An error
// when it cannot start, naming what is in the way.
absl::Status Run(const Config& config, app::ShutdownSignals* signals);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_APP_APP_H_
