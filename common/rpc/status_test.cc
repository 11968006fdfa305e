#include "common/rpc/status.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/error_reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "restante/common/v1/error_reason.pb.h"

namespace restante::rpc {
namespace {

google::rpc::Status Wire(const grpc::Status& status) {
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(status.error_details()));
  return wire;
}

TEST(Status, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(Status, EveryCodeComesBack) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status wire = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(wire.error_code()), code);
    EXPECT_EQ(FromGrpcStatus(wire).code(), status.code());
    EXPECT_EQ(FromGrpcStatus(wire).message(), "why");
  }
}

TEST(Status, EveryReasonComesBackAsErrorInfo) {
  const auto* reasons = common::v1::ErrorReason_descriptor();
  for (int i = 1; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<ErrorReason>(reasons->value(i)->number());
    const grpc::Status wire =
        ToGrpcStatus(MakeError(absl::StatusCode::kFailedPrecondition, reason, "why"));
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(Wire(wire).details(0).UnpackTo(&info));
    EXPECT_EQ(info.domain(), "restante");
    EXPECT_EQ("ERROR_REASON_" + info.reason(), reasons->value(i)->name());
    EXPECT_EQ(GetErrorReason(FromGrpcStatus(wire)), reason);
  }
}

// The list in common/base and the one in the proto are the same list.
TEST(Status, ReasonsAreThoseOfTheProto) {
  const auto* reasons = common::v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const absl::string_view name =
        absl::string_view(reasons->value(i)->name()).substr(std::string("ERROR_REASON_").size());
    const std::optional<ErrorReason> reason = ErrorReasonFromName(name);
    ASSERT_TRUE(reason.has_value()) << name;
    EXPECT_EQ(static_cast<int>(*reason), reasons->value(i)->number()) << name;
    EXPECT_EQ(ErrorReasonName(*reason), name);
  }
  EXPECT_EQ(static_cast<int>(kLastErrorReason), reasons->value_count() - 1);
}

TEST(Status, FieldTravelsAsBadRequest) {
  const grpc::Status wire = ToGrpcStatus(InvalidField("account.alias", "is empty"));
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Wire(wire).details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "account.alias");
  EXPECT_EQ(bad_request.field_violations(0).description(), "is empty");

  const absl::Status back = FromGrpcStatus(wire);
  EXPECT_EQ(back.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(back), ErrorReason::kFieldInvalid);
  EXPECT_EQ(GetInvalidField(back), "account.alias");
  EXPECT_EQ(back.message(), "account.alias: is empty");
}

TEST(Status, MetadataAndRetryDelayTravel) {
  absl::Status status = MakeError(absl::StatusCode::kUnavailable, ErrorReason::kMailboxFrozen, "x");
  SetErrorMetadata(&status, "mailbox_id", "m1");
  SetRetryDelay(&status, absl::Milliseconds(2500));
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(GetErrorMetadata(back).at("mailbox_id"), "m1");
  EXPECT_EQ(GetRetryDelay(back), absl::Milliseconds(2500));
}

TEST(Status, DetailsStayWithinWhatTrailersHold) {
  absl::Status status = MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kNameTaken,
                                  std::string(100'000, 'x'));
  SetErrorMetadata(&status, "holder", std::string(100'000, 'y'));
  const grpc::Status wire = ToGrpcStatus(status);
  EXPECT_LE(wire.error_message().size() + wire.error_details().size(), 4096u);
  EXPECT_EQ(GetErrorReason(FromGrpcStatus(wire)), ErrorReason::kNameTaken);
}

TEST(Status, ForeignAndMalformedDetailsAreDropped) {
  google::rpc::ErrorInfo info;
  info.set_domain("elsewhere");
  info.set_reason("NAME_TAKEN");
  google::rpc::Status wire;
  wire.add_details()->PackFrom(info);
  for (const std::string& details : {wire.SerializeAsString(), std::string("\xff\xff garbage")}) {
    const absl::Status status =
        FromGrpcStatus(grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "why", details));
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kUnspecified);
  }
  info.set_domain("restante");
  info.set_reason("OF_A_LATER_VERSION");
  wire.clear_details();
  wire.add_details()->PackFrom(info);
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "why", wire.SerializeAsString()));
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kUnspecified);
}

TEST(Status, BarePermissionDeniedIsAMissingRole) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "why"));
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kRoleMissing);
}

}  // namespace
}  // namespace restante::rpc
