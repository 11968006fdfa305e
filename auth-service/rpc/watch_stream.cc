#include "auth-service/rpc/watch_stream.h"

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

constexpr absl::Duration kRetryDelay = absl::Seconds(10);

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, ErrorReason::kDraining,
                   "the server is going down; watch again");
}

}  // namespace

WatchStreams::~WatchStreams() {
  MutexLock lock(&mutex_);
  RESTANTE_CHECK(streams_.empty());
}

void WatchStreams::Drain() {
  MutexLock lock(&mutex_);
  draining_ = true;
  for (OpenStream* stream : streams_) stream->End(Draining());
}

absl::Status WatchStreams::Add(OpenStream* stream) {
  MutexLock lock(&mutex_);
  if (draining_) return Draining();
  if (streams_.size() >= limit_) {
    absl::Status status = MakeError(
        absl::StatusCode::kResourceExhausted, ErrorReason::kLimitExceeded,
        absl::StrCat("there are ", limit_, " watches already; end one that is not needed"));
    SetRetryDelay(&status, kRetryDelay);
    return status;
  }
  streams_.insert(stream);
  return absl::OkStatus();
}

void WatchStreams::Remove(OpenStream* stream) {
  MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace restante::rpc
