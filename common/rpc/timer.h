#ifndef RESTANTE_COMMON_RPC_TIMER_H_
#define RESTANTE_COMMON_RPC_TIMER_H_

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>

#include "absl/time/time.h"
#include "common/net/executor.h"

// Time on gRPC's own timers and threads.
namespace restante::rpc {

// For ClientContext::set_deadline; on the monotonic clock.
gpr_timespec DeadlineAfter(absl::Duration delay);
// Not negative.
absl::Duration TimeLeft(gpr_timespec deadline);

// Runs the task on a thread of gRPC's after `delay`. It always runs: what it touches must live
// until then.
void RunAfter(absl::Duration delay, net::Task task);

// Runs the task on a thread of gRPC's after `delay`, unless it is destroyed before. The task may
// still be running while the destructor returns.
class Timeout {
 public:
  Timeout(absl::Duration delay, net::Task task);

 private:
  grpc::Alarm alarm_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_TIMER_H_
