#ifndef RESTANTE_AUTH_SERVICE_RPC_JOB_PROGRESS_H_
#define RESTANTE_AUTH_SERVICE_RPC_JOB_PROGRESS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/operations/operations.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {

// Fills what the metadata of all jobs have in common. One job's; lives as long as it runs.
class JobProgress {
 public:
  JobProgress(operations::JobContext& context, const Clock& clock)
      : context_(context), clock_(clock), began_(clock.MonotonicNow()) {}

  // `done` of this phase, with `rate` counted from its beginning. False: stop.
  template <typename Metadata>
  bool Report(int64_t done, Metadata* metadata) {
    const absl::Duration elapsed = clock_.MonotonicNow() - began_;
    metadata->set_done(done);
    if (elapsed > absl::ZeroDuration()) {
      metadata->set_rate(static_cast<double>(done) / absl::ToDoubleSeconds(elapsed));
    }
    *metadata->mutable_update_time() = ToTimestamp(clock_.WallNow());
    return context_.Report(*metadata);
  }

  template <typename Metadata>
  bool BeginPhase(const char* phase, int64_t total, Metadata* metadata) {
    began_ = clock_.MonotonicNow();
    metadata->set_phase(phase);
    metadata->set_total(total);
    metadata->clear_rate();
    return Report(0, metadata);
  }

 private:
  operations::JobContext& context_;
  const Clock& clock_;
  absl::Duration began_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_JOB_PROGRESS_H_
