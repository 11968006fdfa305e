#ifndef RESTANTE_AUTH_SERVICE_RPC_TIME_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_RPC_TIME_MESSAGES_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include "absl/time/time.h"

namespace restante::rpc {

// To the microsecond.
inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}
inline google::protobuf::Duration ToDurationMessage(absl::Duration duration) {
  return google::protobuf::util::TimeUtil::MicrosecondsToDuration(
      absl::ToInt64Microseconds(duration));
}

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_TIME_MESSAGES_H_
