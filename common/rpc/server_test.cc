#include "common/rpc/server.h"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"
#include "tests/support/test_pki.h"

namespace restante::rpc {
namespace {

using mailstore::v1::MailboxService;

constexpr char kServerName[] = "mailstore-0.restante.internal";
constexpr char kGet[] = "/restante.mailstore.v1.MailboxService/GetMailbox";
constexpr char kList[] = "/restante.mailstore.v1.MailboxService/ListMailboxes";

// GetMailbox answers with the caller's identity, ListMailboxes with an error.
class EchoService : public MailboxService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetMailbox(grpc::CallbackServerContext* context,
                                       const mailstore::v1::GetMailboxRequest* /*request*/,
                                       mailstore::v1::Mailbox* response) override {
    response->set_name(GetPeerIdentity(*context).uri);
    return Finish(context, absl::OkStatus());
  }
  grpc::ServerUnaryReactor* ListMailboxes(
      grpc::CallbackServerContext* context, const mailstore::v1::ListMailboxesRequest* /*request*/,
      mailstore::v1::ListMailboxesResponse* /*response*/) override {
    return Finish(context, InvalidField("page_token", "is not one of ours"));
  }
  grpc::ServerUnaryReactor* ListMessages(
      grpc::CallbackServerContext* context, const mailstore::v1::ListMessagesRequest* /*request*/,
      mailstore::v1::ListMessagesResponse* /*response*/) override {
    ++messages_calls;
    return Finish(context, absl::OkStatus());
  }

  std::atomic<int> messages_calls = 0;

 private:
  static grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context,
                                          const absl::Status& status) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
};

TlsFiles FilesOf(const TestCertificate& certificate) {
  return {certificate.certificate, certificate.private_key, certificate.ca, absl::Seconds(1)};
}

class ServerTest : public testing::Test {
 protected:
  void StartServer(bool reflection = false) {
    ServerOptions options{"127.0.0.1:0", IssueServer(),
                          AccessTable({{kGet, {"reader"}}, {kList, {"reader"}}}), reflection};
    auto server = Server::Start(std::move(options), {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  TlsFiles IssueServer() {
    return FilesOf(pki_.Issue("server", {kServerName}, {"spiffe://restante/service/mailstore-0"}));
  }
  TlsFiles IssueReader(TestPki& pki) {
    return FilesOf(pki.Issue("reader", {"ctl.restante.internal"},
                             {"spiffe://restante/reader/ops-1", "spiffe://restante/mover/ops-1"}));
  }

  std::shared_ptr<grpc::ChannelInterface> Connect(const TlsFiles& files,
                                                  const std::string& server_name = kServerName) {
    auto channel =
        MakeChannel({absl::StrCat("ipv4:127.0.0.1:", server_->port()), server_name, files});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }

  // The identity that the server saw.
  static absl::StatusOr<std::string> Get(const std::shared_ptr<grpc::ChannelInterface>& channel,
                                         bool wait_for_ready = false) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.set_wait_for_ready(wait_for_ready);
    mailstore::v1::Mailbox mailbox;
    const absl::Status status =
        FromGrpcStatus(MailboxService::NewStub(channel)->GetMailbox(&context, {}, &mailbox));
    if (!status.ok()) return status;
    return mailbox.name();
  }

  static grpc::Status CallByName(const std::shared_ptr<grpc::ChannelInterface>& channel,
                                 const std::string& method) {
    grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value> stub(
        channel);
    google::protobuf::StringValue request;
    google::protobuf::Int32Value response;
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }

  TestPki pki_;
  EchoService service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, KnowsItsCallerByTheCertificate) {
  StartServer();
  const auto identity = Get(Connect(IssueReader(pki_)));
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(*identity, "spiffe://restante/reader/ops-1");
}

TEST_F(ServerTest, ErrorsArriveWithTheirDetails) {
  StartServer();
  grpc::ClientContext context;
  mailstore::v1::ListMailboxesResponse response;
  const absl::Status status = FromGrpcStatus(
      MailboxService::NewStub(Connect(IssueReader(pki_)))->ListMailboxes(&context, {}, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kFieldInvalid);
  EXPECT_EQ(GetInvalidField(status), "page_token");
}

TEST_F(ServerTest, WhatTheTableDoesNotNameNeverReachesTheService) {
  StartServer();
  const auto channel = Connect(IssueReader(pki_));
  grpc::ClientContext context;
  mailstore::v1::ListMessagesResponse response;
  const absl::Status status =
      FromGrpcStatus(MailboxService::NewStub(channel)->ListMessages(&context, {}, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kRoleMissing);
  EXPECT_EQ(service_.messages_calls, 0);
  EXPECT_EQ(CallByName(channel, "/x.Y/Z").error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ServerTest, ACallerWithoutTheRoleIsRefused) {
  StartServer();
  const TlsFiles nobody = FilesOf(pki_.Issue("nobody", {"x"}, {}));
  EXPECT_EQ(GetErrorReason(Get(Connect(nobody)).status()), ErrorReason::kRoleMissing);
  EXPECT_EQ(CallByName(Connect(nobody), "/grpc.health.v1.Health/Check").error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  // A DNS name that looks like a role's URI is no role.
  const TlsFiles forged = FilesOf(pki_.Issue("forged", {"spiffe://restante/reader/ops-1"}, {}));
  EXPECT_EQ(GetErrorReason(Get(Connect(forged)).status()), ErrorReason::kRoleMissing);
}

TEST_F(ServerTest, HealthIsOpenToEveryRoleAndReflectionWhereAskedFor) {
  StartServer();
  auto channel = Connect(IssueReader(pki_));
  EXPECT_TRUE(CallByName(channel, "/grpc.health.v1.Health/Check").ok());
  constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_EQ(CallByName(channel, kReflection).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  StartServer(/*reflection=*/true);
  const grpc::StatusCode code = CallByName(Connect(IssueReader(pki_)), kReflection).error_code();
  EXPECT_NE(code, grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_NE(code, grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, AForeignAuthorityIsRefusedOnEitherSide) {
  StartServer();
  TestPki foreign;
  // The server's authority is trusted, but the client's own certificate is a stranger's.
  TlsFiles files = IssueReader(foreign);
  files.ca = pki_.directory() + "/ca.pem";
  EXPECT_EQ(Get(Connect(files)).status().code(), absl::StatusCode::kUnavailable);
  // The client's certificate is good, but the server's authority is not trusted.
  files = IssueReader(pki_);
  files.ca = foreign.directory() + "/ca.pem";
  EXPECT_EQ(Get(Connect(files)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Get(Connect(IssueReader(pki_))).ok());
}

TEST_F(ServerTest, ACallerWithoutCertificateIsRefused) {
  StartServer();
  grpc::experimental::TlsChannelCredentialsOptions options;
  const TlsFiles files = IssueReader(pki_);
  options.set_certificate_provider(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(files.ca, 1));
  options.watch_root_certs();
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(kServerName);
  const auto channel =
      grpc::CreateCustomChannel(absl::StrCat("ipv4:127.0.0.1:", server_->port()),
                                grpc::experimental::TlsCredentials(options), arguments);
  EXPECT_EQ(Get(channel).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, PlaintextIsRefused) {
  StartServer();
  const auto channel = grpc::CreateChannel(absl::StrCat("ipv4:127.0.0.1:", server_->port()),
                                           grpc::InsecureChannelCredentials());
  EXPECT_EQ(Get(channel).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, AServerOfAnotherNameIsRefused) {
  StartServer();
  const TlsFiles files = IssueReader(pki_);
  EXPECT_EQ(Get(Connect(files, "mailstore-1.restante.internal")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Get(Connect(files, "restante.internal")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Get(Connect(files)).ok());
}

// Both sides move to another authority while they run; only connections made afterwards change.
TEST_F(ServerTest, NewCertificatesAreUsedWithoutARestart) {
  StartServer();
  const TlsFiles client_files = IssueReader(pki_);
  const auto old_channel = Connect(client_files);
  ASSERT_TRUE(Get(old_channel).ok());

  TestPki next;
  const TlsFiles next_client = IssueReader(next);
  EXPECT_EQ(Get(Connect(next_client)).status().code(), absl::StatusCode::kUnavailable);
  next.Issue("server", {kServerName}, {"spiffe://restante/service/mailstore-0"});
  for (const char* name : {"server.key", "server.pem", "ca.pem"}) {
    std::filesystem::rename(next.directory() + "/" + name, pki_.directory() + "/" + name);
  }
  TlsFiles trusting_next = next_client;
  trusting_next.ca = pki_.directory() + "/ca.pem";
  // Connects again and again until the server has read its files.
  const auto identity = Get(Connect(trusting_next), /*wait_for_ready=*/true);
  EXPECT_TRUE(identity.ok()) << identity.status();
  // The connection that was there before goes on.
  EXPECT_TRUE(Get(old_channel).ok());
}

TEST_F(ServerTest, ShutdownLetsACallFinish) {
  StartServer();
  const auto channel = Connect(IssueReader(pki_));
  ASSERT_TRUE(Get(channel).ok());
  server_->Shutdown(absl::Seconds(5));
  EXPECT_EQ(Get(channel).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, SaysWhatItCannotStartWith) {
  StartServer();
  const std::string taken = absl::StrCat("127.0.0.1:", server_->port());
  absl::Status status = Server::Start({taken, IssueServer(), AccessTable({})}, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(taken));
  status = Server::Start({"127.0.0.1:0", TlsFiles(), AccessTable({})}, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({"ipv4:127.0.0.1:1", "", IssueServer()}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({"", "x", IssueServer()}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({"ipv4:127.0.0.1:1", "x", TlsFiles()}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace restante::rpc
