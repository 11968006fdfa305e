#ifndef RESTANTE_POP3_FRONTEND_BACKEND_OUTCOME_EVENTS_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_OUTCOME_EVENTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pop3-frontend/backend/auth_backend.h"
#include "pop3-frontend/protocol/event.h"

// What the backends' outcomes are to a session. Pure functions.
namespace restante::pop3 {

// Of AuthBackend: the answer itself, or BackendDown.
Event LogonEvent(absl::StatusOr<LogonAnswer> answer);

// Of MaildropBackend::Open when it failed: Busy, MailboxDeleted or BackendDown.
Event FailedOpen(const absl::Status& status);

// Of Maildrop::Read and ReadMore when they failed: LeaseLost or BodyFailed.
Event FailedRead(const absl::Status& status);

// Of Maildrop::Close: Closed, LeaseLost or BackendDown.
Event CloseEvent(const absl::Status& status);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_OUTCOME_EVENTS_H_
