#include "common/rpc/health_server.h"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "absl/strings/str_cat.h"

namespace restante::rpc {
namespace {

constexpr int kServing = 1;
constexpr int kNotServing = 2;

// grpc.health.v1.Health/Check. StringValue and Int32Value have its messages' form on the wire.
class HealthClient {
 public:
  explicit HealthClient(int port)
      : stub_(grpc::CreateChannel(absl::StrCat("ipv4:127.0.0.1:", port),
                                  grpc::InsecureChannelCredentials())) {}

  // The status, or minus the error's code.
  int Check(const std::string& service) { return Call("/grpc.health.v1.Health/Check", service); }

  int Call(const std::string& method, const std::string& service) {
    google::protobuf::StringValue request;
    request.set_value(service);
    google::protobuf::Int32Value response;
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub_.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                    [&](grpc::Status status) { done.set_value(std::move(status)); });
    const grpc::Status status = done.get_future().get();
    return status.ok() ? response.value() : -static_cast<int>(status.error_code());
  }

 private:
  grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value> stub_;
};

TEST(HealthServer, LivesFromTheStartAndIsReadyWhenSaid) {
  const auto server = HealthServer::Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  HealthClient client((*server)->port());
  EXPECT_EQ(client.Check(""), kServing);
  EXPECT_EQ(client.Check("live"), kServing);
  EXPECT_EQ(client.Check("ready"), kNotServing);
  (*server)->SetReady(true);
  EXPECT_EQ(client.Check("ready"), kServing);
  (*server)->SetReady(false);
  EXPECT_EQ(client.Check("ready"), kNotServing);
  EXPECT_EQ(client.Check("live"), kServing);
  EXPECT_EQ(client.Check("other"), -static_cast<int>(grpc::StatusCode::NOT_FOUND));
}

TEST(HealthServer, AnswersNothingElse) {
  const auto server = HealthServer::Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  HealthClient client((*server)->port());
  for (const char* method : {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                             "/restante.mailstore.v1.MailboxService/GetMailbox"}) {
    EXPECT_EQ(client.Call(method, ""), -static_cast<int>(grpc::StatusCode::UNIMPLEMENTED))
        << method;
  }
}

TEST(HealthServer, SharesItsPortWithNobody) {
  const auto first = HealthServer::Start("127.0.0.1:0");
  ASSERT_TRUE(first.ok());
  const std::string address = absl::StrCat("127.0.0.1:", (*first)->port());
  const auto second = HealthServer::Start(address);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), testing::HasSubstr(address));
}

}  // namespace
}  // namespace restante::rpc
