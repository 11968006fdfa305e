#ifndef RESTANTE_COMMON_OPERATIONS_JOB_PROGRESS_H_
#define RESTANTE_COMMON_OPERATIONS_JOB_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/operations/operations.h"
#include "common/rpc/time_messages.h"

namespace restante::operations {

// Fills what the metadata of all jobs have in common. One job's; lives as long as it runs.
class JobProgress {
 public:
  JobProgress(JobContext& context, const Clock& clock)
      : context_(context), clock_(clock), began_(clock.MonotonicNow()) {}

  // `done` of this phase, with `rate` counted from its beginning. False: stop.
  template <typename Metadata>
  bool Report(int64_t done, Metadata* metadata) {
    const absl::Duration elapsed = clock_.MonotonicNow() - began_;
    metadata->set_done(done);
    if (elapsed > absl::ZeroDuration()) {
      metadata->set_rate(static_cast<double>(done) / absl::ToDoubleSeconds(elapsed));
    }
    *metadata->mutable_update_time() = rpc::ToTimestamp(clock_.WallNow());
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
  JobContext& context_;
  const Clock& clock_;
  absl::Duration began_;
};

// Who begins a job.
struct JobRequest {
  std::string caller;  // by certificate
  std::string request_id;
};

// Operations::Begin with what the metadata of all jobs have in common; its errors.
template <typename Metadata>
absl::Status BeginJob(Operations& operations, const JobRequest& request, absl::Time now,
                      Metadata metadata, Operation* operation) {
  metadata.set_caller(request.caller);
  metadata.set_request_id(request.request_id);
  *metadata.mutable_create_time() = rpc::ToTimestamp(now);
  *metadata.mutable_update_time() = metadata.create_time();
  RESTANTE_ASSIGN_OR_RETURN(*operation, operations.Begin(request.request_id, metadata));
  return absl::OkStatus();
}

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_JOB_PROGRESS_H_
