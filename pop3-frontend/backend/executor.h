#ifndef RESTANTE_POP3_FRONTEND_BACKEND_EXECUTOR_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_EXECUTOR_H_

#include <functional>

#include "absl/functional/any_invocable.h"

namespace restante::pop3 {

using Task = absl::AnyInvocable<void() &&>;

// Runs a task later on the thread that owns a connection, tasks in the order they came. Called from
// any thread. A task for a loop that has ended is destroyed instead: what it carries lets go of
// itself. Stays callable for as long as the backend that was given it.
using Executor = std::function<void(Task task)>;

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_EXECUTOR_H_
