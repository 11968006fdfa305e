#include "common/rpc/status.h"

#include <google/protobuf/util/time_util.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace restante::rpc {
namespace {

constexpr char kDomain[] = "restante";
// Text and details travel in HTTP/2 trailers, which gRPC bounds at 8 KiB together.
constexpr size_t kMaxMessageTextOctets = 1024;
constexpr size_t kMaxMetadataOctets = 2048;

void AddErrorInfo(const absl::Status& status, google::rpc::Status* wire) {
  const ErrorReason reason = GetErrorReason(status);
  if (reason == ErrorReason::kUnspecified) return;
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(std::string(ErrorReasonName(reason)));
  size_t octets = 0;
  for (const auto& [key, value] : GetErrorMetadata(status)) {
    octets += key.size() + value.size();
    if (octets <= kMaxMetadataOctets) (*info.mutable_metadata())[key] = value;
  }
  wire->add_details()->PackFrom(info);
}

void AddBadRequest(const absl::Status& status, google::rpc::Status* wire) {
  const std::string field = GetInvalidField(status);
  if (field.empty()) return;
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field(field);
  absl::string_view description = status.message();
  absl::ConsumePrefix(&description, absl::StrCat(field, ": "));
  violation->set_description(std::string(description.substr(0, kMaxMessageTextOctets)));
  wire->add_details()->PackFrom(bad_request);
}

void AddRetryInfo(const absl::Status& status, google::rpc::Status* wire) {
  const std::optional<absl::Duration> delay = GetRetryDelay(status);
  if (!delay) return;
  google::rpc::RetryInfo retry;
  *retry.mutable_retry_delay() =
      google::protobuf::util::TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(*delay));
  wire->add_details()->PackFrom(retry);
}

// What the details of a reply say, as far as they are ours.
struct Details {
  std::optional<ErrorReason> reason;
  std::map<std::string, std::string> metadata;
  std::string field;
  std::string description;
  std::optional<absl::Duration> retry_delay;
};

Details ParseDetails(const std::string& bytes) {
  Details details;
  google::rpc::Status wire;
  if (!wire.ParseFromString(bytes)) return details;
  for (const google::protobuf::Any& detail : wire.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info) && info.domain() == kDomain) {
      details.reason = ErrorReasonFromName(info.reason()).value_or(ErrorReason::kUnspecified);
      details.metadata = {info.metadata().begin(), info.metadata().end()};
    } else if (detail.UnpackTo(&bad_request) && bad_request.field_violations_size() > 0) {
      details.field = bad_request.field_violations(0).field();
      details.description = bad_request.field_violations(0).description();
    } else if (detail.UnpackTo(&retry)) {
      details.retry_delay = absl::Milliseconds(
          google::protobuf::util::TimeUtil::DurationToMilliseconds(retry.retry_delay()));
    }
  }
  return details;
}

absl::Status WithReason(const grpc::Status& status, const Details& details) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (details.reason == ErrorReason::kFieldInvalid && !details.field.empty() &&
      code == absl::StatusCode::kInvalidArgument) {
    return InvalidField(details.field, details.description);
  }
  const ErrorReason otherwise = code == absl::StatusCode::kPermissionDenied
                                    ? ErrorReason::kRoleMissing
                                    : ErrorReason::kUnspecified;
  const ErrorReason reason = details.reason.value_or(otherwise);
  if (reason == ErrorReason::kUnspecified) return absl::Status(code, status.error_message());
  return MakeError(code, reason, status.error_message());
}

}  // namespace

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status wire;
  if (status.ok()) return wire;
  wire.set_code(status.raw_code());
  wire.set_message(std::string(status.message().substr(0, kMaxMessageTextOctets)));
  AddErrorInfo(status, &wire);
  AddBadRequest(status, &wire);
  AddRetryInfo(status, &wire);
  return wire;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status wire = ToProto(status);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), wire.message(),
                      wire.details().empty() ? "" : wire.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const Details details = ParseDetails(status.error_details());
  absl::Status result = WithReason(status, details);
  for (const auto& [key, value] : details.metadata) SetErrorMetadata(&result, key, value);
  if (details.retry_delay) SetRetryDelay(&result, *details.retry_delay);
  return result;
}

absl::Status FromProto(const google::rpc::Status& status) {
  return FromGrpcStatus(grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                                     status.SerializeAsString()));
}

}  // namespace restante::rpc
