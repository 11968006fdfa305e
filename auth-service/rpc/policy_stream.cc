#include "auth-service/rpc/policy_stream.h"

#include <utility>

#include "auth-service/rpc/directory_messages.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/rpc/status.h"

namespace restante::rpc {
namespace {

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, ErrorReason::kDraining,
                   "the server is going down; watch again");
}

}  // namespace

PolicyStreams::~PolicyStreams() {
  MutexLock lock(&mutex_);
  RESTANTE_CHECK(streams_.empty());
}

void PolicyStreams::Drain() {
  MutexLock lock(&mutex_);
  draining_ = true;
  for (PolicyStream* stream : streams_) stream->End(Draining());
}

bool PolicyStreams::Add(PolicyStream* stream) {
  MutexLock lock(&mutex_);
  if (!draining_) streams_.insert(stream);
  return !draining_;
}

void PolicyStreams::Remove(PolicyStream* stream) {
  MutexLock lock(&mutex_);
  streams_.erase(stream);
}

PolicyStream::PolicyStream(directory::Directory& directory, PolicyStreams& streams,
                           const std::string& protocol)
    : streams_(streams) {
  auto watch = directory.WatchPolicy(
      protocol, [this](const directory::ProtocolPolicy& policy) { OnPolicy(policy); });
  if (!watch.ok()) {
    End(watch.status());
    return;
  }
  watch_ = *std::move(watch);
  if (!streams_.Add(this)) End(Draining());
}

void PolicyStream::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  is_writing_ = false;
  if (!ok && !end_) end_ = absl::CancelledError("the caller has gone");
  Proceed();
}

void PolicyStream::OnCancel() { End(absl::CancelledError("the caller has gone")); }

void PolicyStream::OnDone() {
  // Neither waits for a lock that a holder of mutex_ has: no callback can come after these.
  streams_.Remove(this);
  watch_.reset();
  delete this;
}

void PolicyStream::End(const absl::Status& status) {
  MutexLock lock(&mutex_);
  if (!end_) end_ = status;
  Proceed();
}

void PolicyStream::OnPolicy(const directory::ProtocolPolicy& policy) {
  auth::v1::WatchMechanismPolicyResponse response;
  *response.mutable_policy() = ToProto(policy);
  MutexLock lock(&mutex_);
  next_ = std::move(response);
  Proceed();
}

void PolicyStream::Proceed() {
  if (is_writing_ || is_finished_) return;
  if (end_) {
    is_finished_ = true;
    Finish(ToGrpcStatus(*end_));
  } else if (next_) {
    writing_ = *std::move(next_);
    next_.reset();
    is_writing_ = true;
    StartWrite(&writing_);
  }
}

}  // namespace restante::rpc
