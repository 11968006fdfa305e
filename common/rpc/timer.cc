#include "common/rpc/timer.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace restante::rpc {

gpr_timespec DeadlineAfter(absl::Duration delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(delay), GPR_TIMESPAN));
}

absl::Duration TimeLeft(gpr_timespec deadline) {
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(GPR_CLOCK_MONOTONIC));
  return std::max(absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec),
                  absl::ZeroDuration());
}

void RunAfter(absl::Duration delay, net::Task task) {
  struct Timer {
    explicit Timer(net::Task what) : task(std::move(what)) {}
    grpc::Alarm alarm;
    net::Task task;
  };
  // Ends itself: gRPC keeps what its callback needs until that returns.
  auto* timer = new Timer(std::move(task));
  timer->alarm.Set(DeadlineAfter(delay), [timer](bool) {
    std::unique_ptr<Timer> owned(timer);
    std::move(owned->task)();
  });
}

Timeout::Timeout(absl::Duration delay, net::Task task) {
  auto shared = std::make_shared<net::Task>(std::move(task));
  alarm_.Set(DeadlineAfter(delay), [shared](bool expired) {
    if (expired) std::move (*shared)();
  });
}

}  // namespace restante::rpc
