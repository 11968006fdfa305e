#ifndef RESTANTE_COMMON_RPC_TIME_MESSAGES_H_
#define RESTANTE_COMMON_RPC_TIME_MESSAGES_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <optional>

#include "absl/time/time.h"

namespace restante::rpc {

// To the microsecond.
inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}
// nullopt for what is no time of the years 1 to 9999.
inline std::optional<absl::Time> FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  using google::protobuf::util::TimeUtil;
  constexpr int32_t kNanosOfASecond = 1'000'000'000;
  if (timestamp.seconds() < TimeUtil::kTimestampMinSeconds ||
      timestamp.seconds() > TimeUtil::kTimestampMaxSeconds || timestamp.nanos() < 0 ||
      timestamp.nanos() >= kNanosOfASecond) {
    return std::nullopt;
  }
  return absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(timestamp));
}
inline google::protobuf::Duration ToDurationMessage(absl::Duration duration) {
  return google::protobuf::util::TimeUtil::MicrosecondsToDuration(
      absl::ToInt64Microseconds(duration));
}

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_TIME_MESSAGES_H_
