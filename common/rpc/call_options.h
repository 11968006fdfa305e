#ifndef RESTANTE_COMMON_RPC_CALL_OPTIONS_H_
#define RESTANTE_COMMON_RPC_CALL_OPTIONS_H_

#include "absl/time/time.h"

namespace restante::rpc {

// How long a client waits for a service that is away.
struct CallOptions {
  // For one call with all its repetitions: bridges a restart, and is what a client waits at most
  // before it is told of a temporary failure.
  absl::Duration deadline = absl::Seconds(10);
  // For one try of it. A service with several addresses gets the next try at another one, so that
  // an address where nobody answers costs this and not the whole deadline.
  absl::Duration try_deadline = absl::InfiniteDuration();
  // Before a call that found the service away is repeated.
  absl::Duration retry_delay = absl::Milliseconds(100);
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CALL_OPTIONS_H_
