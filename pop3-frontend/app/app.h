#ifndef RESTANTE_POP3_FRONTEND_APP_APP_H_
#define RESTANTE_POP3_FRONTEND_APP_APP_H_

#include "absl/status/status.h"
#include "common/app/shutdown_signals.h"
#include "pop3-frontend/app/config.h"

namespace restante::pop3 {

// Makes a front end of its parts and runs it until SIGTERM; returns once it has drained. An error
// when it cannot start, naming what is in the way.
absl::Status Run(const Config& config, app::ShutdownSignals* signals);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_APP_H_
