#ifndef RESTANTE_COMMON_NET_EXECUTOR_H_
#define RESTANTE_COMMON_NET_EXECUTOR_H_

#include <functional>

#include "absl/functional/any_invocable.h"

namespace restante::net {

using Task = absl::AnyInvocable<void() &&>;

// Runs a task later on the thread that owns a connection, tasks in the order they came. Called from
// any thread, at any time: a task for a loop that has ended is destroyed instead, and what it
// carries lets go of itself.
using Executor = std::function<void(Task task)>;

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_EXECUTOR_H_
