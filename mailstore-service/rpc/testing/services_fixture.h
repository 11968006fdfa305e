#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/crypto/maildrop_grant.h"
#include "common/operations/operations.h"
#include "common/operations/operations_service.h"
#include "common/rpc/audit_service.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/rpc/access.h"
#include "mailstore-service/rpc/delivery_service.h"
#include "mailstore-service/rpc/mailbox_jobs.h"
#include "mailstore-service/rpc/mailbox_service.h"
#include "mailstore-service/rpc/maildrop_service.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace restante::mailstore {

inline constexpr char kServerName[] = "mailstore-0.restante.internal";
inline constexpr char kFrontend[] = "spiffe://restante/frontend/pop3-0";
inline constexpr char kOtherFrontend[] = "spiffe://restante/frontend/pop3-1";
inline constexpr int64_t kMaxMessageOctets = 2 << 20;
inline const std::string kSession(32, 'a');

inline KeyRing Keys(char octet) {
  std::map<std::string, Secret> keys;
  keys.emplace("k1", Secret(std::string(32, octet)));
  return *KeyRing::Create(std::move(keys), "k1");
}

using Maildrops = v1::MaildropService::Stub;
using Mailboxes = v1::MailboxService::Stub;

// The three services behind real mutual TLS on loopback, on a store on disk.
class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    server_ = *rpc::Server::Start(
        {"127.0.0.1:0", Issue("server", {"service/mailstore-0"}), MailstoreDataAccess()},
        {&maildrop_, &delivery_});
    management_ = *rpc::Server::Start(
        {"127.0.0.1:0", Issue("server", {"service/mailstore-0"}), MailstoreManagementAccess()},
        {&mailbox_, &audit_, &operations_service_});
    frontend_ = v1::MaildropService::NewStub(Connect(*server_, "frontend/pop3-0"));
    other_frontend_ = v1::MaildropService::NewStub(Connect(*server_, "frontend/pop3-1"));
    ingress_ = v1::DeliveryService::NewStub(Connect(*server_, "ingress/lmtp-0"));
    reader_ = v1::MailboxService::NewStub(Connect(*management_, "reader/ops"));
    mail_admin_ = v1::MailboxService::NewStub(Connect(*management_, "mail-admin/ops"));
    mover_ = v1::MailboxService::NewStub(Connect(*management_, "mover/ops"));
    audit_stub_ = common::v1::AuditService::NewStub(Connect(*management_, "reader/ops"));
    jobs_ = google::longrunning::Operations::NewStub(Connect(*management_, "mail-admin/ops"));
  }

  rpc::TlsFiles Issue(const std::string& name, const std::vector<std::string>& roles) {
    std::vector<std::string> uris;
    for (const std::string& role : roles) uris.push_back(absl::StrCat("spiffe://restante/", role));
    const TestCertificate files = pki_.Issue(name, {kServerName}, uris);
    return {files.certificate, files.private_key, files.ca};
  }
  std::shared_ptr<grpc::ChannelInterface> Connect(const rpc::Server& server,
                                                  const std::string& role) {
    return *rpc::MakeChannel({absl::StrCat("ipv4:127.0.0.1:", server.port()), kServerName,
                              Issue(absl::StrReplaceAll(role, {{"/", "-"}}), {role})});
  }

  static void SetDeadline(grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context->set_wait_for_ready(true);
  }
  // One unary call.
  template <typename Response, typename Stub, typename Method, typename Request>
  static absl::StatusOr<Response> Call(const std::unique_ptr<Stub>& stub, Method method,
                                       const Request& request) {
    grpc::ClientContext context;
    SetDeadline(&context);
    Response response;
    const absl::Status status =
        rpc::FromGrpcStatus((stub.get()->*method)(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

  // One DeliverMessage call of these parts.
  absl::StatusOr<v1::DeliverMessageResponse> Send(
      const std::vector<v1::DeliverMessageRequest>& parts) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::DeliverMessageResponse response;
    auto writer = ingress_->DeliverMessage(&context, &response);
    for (const v1::DeliverMessageRequest& part : parts) {
      if (!writer->Write(part)) break;
    }
    writer->WritesDone();
    const absl::Status status = rpc::FromGrpcStatus(writer->Finish());
    if (!status.ok()) return status;
    return response;
  }
  static v1::DeliverMessageRequest Header(const std::vector<std::string>& mailbox_ids) {
    v1::DeliverMessageRequest part;
    part.mutable_header();
    for (const std::string& id : mailbox_ids) part.mutable_header()->add_mailbox_ids(id);
    return part;
  }
  static v1::DeliverMessageRequest Text(const std::string& text) {
    v1::DeliverMessageRequest part;
    part.set_text(text);
    return part;
  }
  static v1::DeliverMessageRequest Finish(const std::string& whole) {
    v1::DeliverMessageRequest part;
    part.mutable_finish()->set_size_octets(static_cast<int64_t>(whole.size()));
    part.mutable_finish()->set_crc32c(ExtendCrc32c(0, whole));
    return part;
  }
  static v1::DeliverMessageRequest Whole(const std::vector<std::string>& mailbox_ids,
                                         const std::string& text) {
    v1::DeliverMessageRequest part;
    *part.mutable_whole()->mutable_header() = Header(mailbox_ids).header();
    part.mutable_whole()->set_text(text);
    *part.mutable_whole()->mutable_finish() = Finish(text).finish();
    return part;
  }
  void Deliver(const std::vector<std::string>& mailbox_ids, const std::string& text) {
    std::vector<v1::DeliverMessageRequest> parts = {Header(mailbox_ids)};
    for (size_t at = 0; at < text.size(); at += 200'000) {
      parts.push_back(Text(text.substr(at, 200'000)));
    }
    parts.push_back(Finish(text));
    const auto response = Send(parts);
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(static_cast<size_t>(response->results_size()), mailbox_ids.size());
    for (const v1::DeliveryResult& result : response->results()) {
      EXPECT_EQ(result.status().code(), 0);
      EXPECT_GT(result.message_id(), 0u);
    }
  }

  MaildropGrant Grant(const std::string& mailbox_id) {
    return {mailbox_id,
            "mailstore-0",
            kSession,
            kFrontend,
            MaildropGrant::kRead | MaildropGrant::kDelete,
            clock_.WallNow() + absl::Minutes(1)};
  }
  v1::OpenMaildropRequest Opening(const MaildropGrant& grant) {
    v1::OpenMaildropRequest request;
    request.set_maildrop_grant(SealGrant(grant, grant_keys_));
    request.set_mailbox_id(grant.mailbox_id);
    request.set_session_id(grant.session_id);
    request.set_client_address("192.0.2.1");
    return request;
  }
  // With all messages in `messages`.
  absl::StatusOr<v1::OpenMaildropResponse> Open(const v1::OpenMaildropRequest& request) {
    auto opened = OpenAsSaid(request);
    if (!opened.ok()) return opened;
    EXPECT_EQ(opened->message_ids_size(), opened->sizes_octets_size());
    EXPECT_TRUE(opened->messages().empty() || opened->message_ids().empty());
    for (int i = 0; i < opened->message_ids_size(); ++i) {
      v1::MaildropMessage* message = opened->add_messages();
      message->set_message_id(opened->message_ids(i));
      message->set_size_octets(opened->sizes_octets(i));
    }
    return opened;
  }
  absl::StatusOr<v1::OpenMaildropResponse> OpenAsSaid(const v1::OpenMaildropRequest& request) {
    return Call<v1::OpenMaildropResponse>(frontend_, &Maildrops::OpenMaildrop, request);
  }
  v1::OpenMaildropResponse Open(const std::string& mailbox_id) {
    const auto opened = Open(Opening(Grant(mailbox_id)));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.value_or(v1::OpenMaildropResponse());
  }
  static std::string UidlOf(const v1::OpenMaildropResponse& opened, int index) {
    const v1::MaildropMessage& message = opened.messages(index);
    if (!message.uidl().empty()) return message.uidl();
    return absl::StrCat(opened.uidl_prefix(), absl::Hex(message.message_id(), absl::kZeroPad16));
  }
  ErrorReason ReasonOfOpening(const MaildropGrant& grant) {
    v1::OpenMaildropRequest request = Opening(grant);
    request.set_mailbox_id("m");
    request.set_session_id(kSession);
    const absl::Status status = Open(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return GetErrorReason(status);
  }

  struct ReadResult {
    std::map<int, std::string> texts;  // of those that reached their end
    std::map<int, absl::Status> errors;
    int answers = 0;
    absl::Status status;
  };
  ReadResult Read(const v1::ReadMessagesRequest& request) {
    grpc::ClientContext context;
    SetDeadline(&context);
    auto stream = frontend_->ReadMessages(&context, request);
    ReadResult result;
    std::map<int, std::string> open;
    v1::ReadMessagesResponse answer;
    while (stream->Read(&answer)) {
      ++result.answers;
      size_t octets = 0;
      for (const v1::MessageChunk& chunk : answer.chunks()) {
        octets += chunk.data().size();
        open[chunk.read_index()] += chunk.data();
        if (chunk.end()) result.texts[chunk.read_index()] = open[chunk.read_index()];
        if (chunk.has_error()) {
          const google::rpc::Status& error = chunk.error();
          result.errors[chunk.read_index()] =
              rpc::FromGrpcStatus({static_cast<grpc::StatusCode>(error.code()), error.message(),
                                   error.SerializeAsString()});
        }
      }
      EXPECT_LE(octets, 262'144u);
    }
    result.status = rpc::FromGrpcStatus(stream->Finish());
    return result;
  }
  static v1::ReadMessagesRequest Reads(const v1::OpenMaildropResponse& opened) {
    v1::ReadMessagesRequest request;
    *request.mutable_lease() = opened.lease();
    for (const v1::MaildropMessage& message : opened.messages()) {
      request.add_reads()->set_message_id(message.message_id());
    }
    return request;
  }
  absl::StatusOr<int64_t> Close(const v1::Lease& lease, const std::vector<uint64_t>& ids,
                                const std::vector<uint64_t>& read_ids = {}) {
    v1::CloseMaildropRequest request;
    *request.mutable_lease() = lease;
    request.mutable_delete_message_ids()->Assign(ids.begin(), ids.end());
    request.mutable_read_message_ids()->Assign(read_ids.begin(), read_ids.end());
    const auto closed =
        Call<v1::CloseMaildropResponse>(frontend_, &Maildrops::CloseMaildrop, request);
    if (!closed.ok()) return closed.status();
    return closed->deleted_count();
  }
  // The job's response, once it has ended; the error with which it ended or was refused.
  template <typename Response, typename Method, typename Request>
  absl::StatusOr<Response> RunJob(Method method, const Request& request) {
    auto operation = Call<google::longrunning::Operation>(mail_admin_, method, request);
    if (!operation.ok()) return operation.status();
    google::longrunning::WaitOperationRequest wait;
    wait.set_name(operation->name());
    operation = Call<google::longrunning::Operation>(
        jobs_, &google::longrunning::Operations::Stub::WaitOperation, wait);
    if (!operation.ok()) return operation.status();
    if (operation->has_error()) return rpc::FromProto(operation->error());
    Response response;
    EXPECT_TRUE(operation->done() && operation->response().UnpackTo(&response));
    return response;
  }
  int64_t CountOf(const std::string& mailbox_id) {
    const absl::StatusOr<MailboxInfo> info = store_->GetMailbox(mailbox_id);
    return info.ok() ? info->message_count : 0;
  }

  FakeClock clock_;
  FakeRandom random_;
  TestPki pki_;
  TemporaryDirectory directory_;
  const KeyRing grant_keys_ = Keys('g');
  std::unique_ptr<RocksdbStore> store_ =
      *OpenRocksdbStore({directory_.path(), size_t{4} << 20, kMaxMessageOctets}, clock_, random_);
  metrics::Registry registry_;
  ServiceMetrics metrics_{registry_};
  std::vector<std::string> log_lines_;
  log::Logger logger_{"restante-mailstore", log::Level::kInfo, clock_,
                      [this](absl::string_view line) { log_lines_.emplace_back(line); }};
  rpc::WorkerPool workers_{4, 100};
  MaildropService maildrop_{{*store_, grant_keys_, workers_, metrics_, logger_, clock_},
                            "mailstore-0"};
  DeliveryService delivery_{{*store_, workers_, metrics_, logger_}};
  const BackupOptions backups_{absl::StrCat(directory_.path(), "/backups"), 2};
  std::unique_ptr<operations::Operations> operations_ = *operations::Operations::Open(
      *operations::OpenRocksDbOperationStore(absl::StrCat(directory_.path(), "/operations"),
                                             logger_),
      MakeMailboxJobs({*store_, backups_, clock_}), clock_, random_, logger_);
  operations::OperationsService operations_service_{*operations_, {"mail-admin"}, workers_};
  MailboxService mailbox_{{*store_, workers_, *operations_, clock_, logger_}, true};
  rpc::AuditService audit_{*store_, workers_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Server> management_;
  std::unique_ptr<Maildrops> frontend_;
  std::unique_ptr<Maildrops> other_frontend_;
  std::unique_ptr<v1::DeliveryService::Stub> ingress_;
  std::unique_ptr<Mailboxes> reader_;
  std::unique_ptr<Mailboxes> mail_admin_;
  std::unique_ptr<Mailboxes> mover_;
  std::unique_ptr<common::v1::AuditService::Stub> audit_stub_;
  std::unique_ptr<google::longrunning::Operations::Stub> jobs_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_
