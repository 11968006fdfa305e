// The three services behind real mutual TLS on loopback, on a store on disk.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/crypto/maildrop_grant.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mailstore-service/rpc/access.h"
#include "mailstore-service/rpc/delivery_service.h"
#include "mailstore-service/rpc/mailbox_service.h"
#include "mailstore-service/rpc/maildrop_service.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/test_pki.h"

namespace restante::mailstore {
namespace {

constexpr char kServerName[] = "mailstore-0.restante.internal";
constexpr char kFrontend[] = "spiffe://restante/frontend/pop3-0";
constexpr char kOtherFrontend[] = "spiffe://restante/frontend/pop3-1";
constexpr int64_t kMaxMessageOctets = 2 << 20;
const std::string kSession(32, 'a');

KeyRing Keys(char octet) {
  std::map<std::string, Secret> keys;
  keys.emplace("k1", Secret(std::string(32, octet)));
  return *KeyRing::Create(std::move(keys), "k1");
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "restante-rpc-XXXXXX").string();
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Maildrops = v1::MaildropService::Stub;
using Deliveries = v1::DeliveryService::Stub;
using Mailboxes = v1::MailboxService::Stub;

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    server_ = *rpc::Server::Start(
        {"127.0.0.1:0", Issue("server", {"service/mailstore-0"}), MailstoreDataAccess()},
        {&maildrop_, &delivery_});
    management_ = *rpc::Server::Start(
        {"127.0.0.1:0", Issue("server", {"service/mailstore-0"}), MailstoreManagementAccess()},
        {&mailbox_});
    frontend_ = v1::MaildropService::NewStub(Connect(*server_, "frontend/pop3-0"));
    other_frontend_ = v1::MaildropService::NewStub(Connect(*server_, "frontend/pop3-1"));
    ingress_ = v1::DeliveryService::NewStub(Connect(*server_, "ingress/lmtp-0"));
    reader_ = v1::MailboxService::NewStub(Connect(*management_, "reader/ops"));
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
  absl::StatusOr<v1::OpenMaildropResponse> Open(const v1::OpenMaildropRequest& request) {
    return Call<v1::OpenMaildropResponse>(frontend_, &Maildrops::OpenMaildrop, request);
  }
  v1::OpenMaildropResponse Open(const std::string& mailbox_id) {
    const auto opened = Open(Opening(Grant(mailbox_id)));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.value_or(v1::OpenMaildropResponse());
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
  absl::StatusOr<int64_t> Close(const v1::Lease& lease, const std::vector<uint64_t>& ids) {
    v1::CloseMaildropRequest request;
    *request.mutable_lease() = lease;
    request.mutable_delete_message_ids()->Assign(ids.begin(), ids.end());
    const auto closed =
        Call<v1::CloseMaildropResponse>(frontend_, &Maildrops::CloseMaildrop, request);
    if (!closed.ok()) return closed.status();
    return closed->deleted_count();
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
  std::unique_ptr<Mailstore> store_ =
      *OpenRocksdbStore({directory_.path(), size_t{4} << 20, kMaxMessageOctets}, clock_, random_);
  metrics::Registry registry_;
  ServiceMetrics metrics_{registry_};
  std::vector<std::string> log_lines_;
  log::Logger logger_{"restante-mailstore", log::Level::kInfo, clock_,
                      [this](absl::string_view line) { log_lines_.emplace_back(line); }};
  WorkerPool workers_{4, 100};
  MaildropService maildrop_{{*store_, grant_keys_, workers_, metrics_, logger_, clock_},
                            "mailstore-0"};
  DeliveryService delivery_{{*store_, workers_, metrics_, logger_}};
  MailboxService mailbox_{*store_, workers_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Server> management_;
  std::unique_ptr<Maildrops> frontend_;
  std::unique_ptr<Maildrops> other_frontend_;
  std::unique_ptr<Deliveries> ingress_;
  std::unique_ptr<Mailboxes> reader_;
};

TEST(Access, NoMethodIsLeftOut) {
  EXPECT_THAT(MailstoreDataAccess().MethodsLeftOut("restante.mailstore.v1.MaildropService"),
              testing::IsEmpty());
  EXPECT_THAT(MailstoreDataAccess().MethodsLeftOut("restante.mailstore.v1.DeliveryService"),
              testing::IsEmpty());
  EXPECT_THAT(MailstoreManagementAccess().MethodsLeftOut("restante.mailstore.v1.MailboxService"),
              testing::IsEmpty());
}

TEST(Access, EachMethodIsOpenToItsRolesAlone) {
  const std::map<std::string, std::vector<std::string>> data = {
      {"/restante.mailstore.v1.MaildropService/OpenMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/RenewLeases", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/ReadMessages", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/CloseMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.DeliveryService/DeliverMessage", {"ingress"}}};
  const std::map<std::string, std::vector<std::string>> management = {
      {"/restante.mailstore.v1.MailboxService/GetMailbox", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMailboxes", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMessages", {"reader", "mail-admin"}}};
  for (const std::string role : {"frontend", "ingress", "mover", "reader", "account-admin",
                                 "mail-admin", "key-admin", "service"}) {
    const rpc::PeerIdentity caller{absl::StrCat("spiffe://restante/", role, "/x"), {role}};
    for (const auto& [method, roles] : data) {
      EXPECT_EQ(MailstoreDataAccess().Check(method, caller).ok(),
                std::count(roles.begin(), roles.end(), role) == 1)
          << method << " " << role;
      EXPECT_FALSE(MailstoreManagementAccess().Check(method, caller).ok());
    }
    for (const auto& [method, roles] : management) {
      EXPECT_EQ(MailstoreManagementAccess().Check(method, caller).ok(),
                std::count(roles.begin(), roles.end(), role) == 1)
          << method << " " << role;
      EXPECT_FALSE(MailstoreDataAccess().Check(method, caller).ok());
    }
  }
}

TEST_F(ServicesTest, DeliveredIsListedReadAndDeleted) {
  Deliver({"m", "n"}, "A: 1\r\n\r\n.one\r\n");
  Deliver({"m"}, "A: 2\r\n\r\ntwo\r\nthree\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  EXPECT_EQ(opened.message_count(), 2);
  EXPECT_EQ(opened.total_size_octets(), 14 + 20);
  EXPECT_EQ(opened.lease_ttl().seconds(), 30);
  EXPECT_EQ(opened.next_page_token(), "");
  ASSERT_EQ(opened.messages_size(), 2);
  EXPECT_EQ(opened.messages(0).size_octets(), 14);
  EXPECT_NE(opened.messages(0).uidl(), opened.messages(1).uidl());

  v1::ReadMessagesRequest reads = Reads(opened);
  reads.add_reads()->set_message_id(12345);
  v1::MessageRead* top = reads.add_reads();
  top->set_message_id(opened.messages(1).message_id());
  top->set_top_lines(1);
  v1::MessageRead* rest = reads.add_reads();
  rest->set_message_id(opened.messages(1).message_id());
  rest->set_top_lines(1);
  rest->set_offset_octets(8);
  const ReadResult read = Read(reads);
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.answers, 1);  // small ones share it
  EXPECT_THAT(read.texts, testing::ElementsAre(testing::Pair(0, "A: 1\r\n\r\n.one\r\n"),
                                               testing::Pair(1, "A: 2\r\n\r\ntwo\r\nthree\r\n"),
                                               testing::Pair(3, "A: 2\r\n\r\ntwo\r\n"),
                                               testing::Pair(4, "two\r\n")));
  ASSERT_EQ(read.errors.count(2), 1u);
  EXPECT_EQ(GetErrorReason(read.errors.at(2)), ErrorReason::kMessageNotFound);

  const std::vector<uint64_t> first = {opened.messages(0).message_id()};
  EXPECT_EQ(*Close(opened.lease(), first), 1);
  EXPECT_EQ(*Close(opened.lease(), first), 1);  // the same answer again
  EXPECT_EQ(CountOf("m"), 1);
  EXPECT_EQ(CountOf("n"), 1);
}

TEST_F(ServicesTest, LargeMessagesSpanManyAnswers) {
  std::string large;
  for (int i = 0; large.size() < 1'500'000; ++i) absl::StrAppend(&large, "line ", i, "\r\n");
  Deliver({"m"}, large);
  Deliver({"m"}, "small\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  const ReadResult whole = Read(Reads(opened));
  EXPECT_EQ(whole.texts.at(0), large);
  EXPECT_EQ(whole.texts.at(1), "small\r\n");
  EXPECT_GT(whole.answers, 5);
  v1::ReadMessagesRequest again = Reads(opened);
  again.mutable_reads(0)->set_offset_octets(1'000'001);
  EXPECT_EQ(Read(again).texts.at(0), large.substr(1'000'001));
}

TEST_F(ServicesTest, ManySmallMessagesComeInFewAnswers) {
  for (int i = 0; i < 40; ++i) Deliver({"m"}, absl::StrCat(i, "\r\n"));
  v1::OpenMaildropResponse opened = Open("m");
  v1::ReadMessagesRequest reads = Reads(opened);
  while (reads.reads_size() < 1'000) *reads.add_reads() = reads.reads(0);
  const ReadResult read = Read(reads);
  EXPECT_EQ(read.texts.size(), 1'000u);
  EXPECT_LE(read.answers, 2);
  *reads.add_reads() = reads.reads(0);
  EXPECT_EQ(GetErrorReason(Read(reads).status), ErrorReason::kFieldInvalid);
  reads.clear_reads();
  EXPECT_EQ(GetErrorReason(Read(reads).status), ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, ReadsOfWrongFormAreRefused) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  v1::ReadMessagesRequest negative_offset = Reads(opened);
  negative_offset.mutable_reads(0)->set_offset_octets(-1);
  EXPECT_EQ(GetInvalidField(Read(negative_offset).status), "reads.offset_octets");
  v1::ReadMessagesRequest negative_lines = Reads(opened);
  negative_lines.mutable_reads(0)->set_top_lines(-1);
  EXPECT_EQ(GetInvalidField(Read(negative_lines).status), "reads.top_lines");
  v1::ReadMessagesRequest no_lease = Reads(opened);
  no_lease.clear_lease();
  EXPECT_EQ(GetErrorReason(Read(no_lease).status), ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, AClientThatStopsReadingHoldsNoWorker) {
  Deliver({"m"}, std::string(1'900'000, 'x'));
  const v1::ReadMessagesRequest one = Reads(Open("m"));
  v1::ReadMessagesRequest reads = one;
  // More than all buffers on the way hold.
  while (reads.reads_size() < 100) *reads.add_reads() = reads.reads(0);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::ReadMessagesResponse>>> streams;
  for (int i = 0; i < 20; ++i) {  // five for each worker
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    SetDeadline(contexts.back().get());
    streams.push_back(frontend_->ReadMessages(contexts.back().get(), reads));
    v1::ReadMessagesResponse answer;
    ASSERT_TRUE(streams.back()->Read(&answer));
  }
  EXPECT_EQ(Read(one).texts.at(0).size(), 1'900'000u);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& stream : streams) {
    v1::ReadMessagesResponse answer;
    while (stream->Read(&answer)) {
    }
    EXPECT_FALSE(stream->Finish().ok());
  }
}

TEST_F(ServicesTest, AReaderCutOffAtTheEndOfADrainIsToldToComeBack) {
  Deliver({"m"}, std::string(1'900'000, 'x'));
  v1::ReadMessagesRequest reads = Reads(Open("m"));
  // More than all buffers on the way hold.
  while (reads.reads_size() < 100) *reads.add_reads() = reads.reads(0);
  grpc::ClientContext context;
  SetDeadline(&context);
  auto stream = frontend_->ReadMessages(&context, reads);
  v1::ReadMessagesResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  server_->Shutdown(absl::Milliseconds(50));
  while (stream->Read(&answer)) {
  }
  // What front ends repeat; CANCELLED would end the session.
  EXPECT_EQ(rpc::FromGrpcStatus(stream->Finish()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServicesTest, OnlyTheRightGrantOpens) {
  MaildropGrant grant = Grant("m");
  grant.mailbox_id = "other";
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.session_id = std::string(32, 'b');
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.placement = "mailstore-1";
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.frontend_identity = kOtherFrontend;
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.rights = MaildropGrant::kRead;
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.expire_time = clock_.WallNow();
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantExpired);

  v1::OpenMaildropRequest forged = Opening(Grant("m"));
  forged.set_maildrop_grant(SealGrant(Grant("m"), Keys('f')));
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kGrantInvalid);
  forged.set_maildrop_grant("");
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kGrantInvalid);
  forged.set_maildrop_grant(std::string(1'025, 'x'));
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kFieldInvalid);
  EXPECT_FALSE(store_->GetMailbox("m").ok());  // none of them made the mailbox

  EXPECT_TRUE(Open(Opening(Grant("m"))).ok());
}

TEST_F(ServicesTest, AStolenGrantOrLeaseIsWorthNothing) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropRequest request = Opening(Grant("m"));
  EXPECT_EQ(GetErrorReason(
                Call<v1::OpenMaildropResponse>(other_frontend_, &Maildrops::OpenMaildrop, request)
                    .status()),
            ErrorReason::kGrantInvalid);
  const v1::OpenMaildropResponse opened = Open("m");
  v1::CloseMaildropRequest close;
  *close.mutable_lease() = opened.lease();
  close.add_delete_message_ids(opened.messages(0).message_id());
  EXPECT_EQ(GetErrorReason(
                Call<v1::CloseMaildropResponse>(other_frontend_, &Maildrops::CloseMaildrop, close)
                    .status()),
            ErrorReason::kLeaseLost);
  v1::RenewLeasesRequest renew;
  *renew.add_leases() = opened.lease();
  EXPECT_FALSE(Call<v1::RenewLeasesResponse>(other_frontend_, &Maildrops::RenewLeases, renew)
                   ->leases(0)
                   .renewed());
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, OneSessionAtATime) {
  v1::OpenMaildropResponse first = Open("m");
  MaildropGrant other = Grant("m");
  other.session_id = std::string(32, 'b');
  const absl::Status busy = Open(Opening(other)).status();
  EXPECT_EQ(busy.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorReason(busy), ErrorReason::kMaildropInUse);
  // The same session asks again after a lost answer.
  EXPECT_EQ(Open("m").lease().epoch_counter(), first.lease().epoch_counter());
  EXPECT_TRUE(Close(first.lease(), {}).ok());
  EXPECT_TRUE(Open(Opening(other)).ok());
}

TEST_F(ServicesTest, ALostLeaseEndsTheSession) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse stale = Open("m");
  clock_.Advance(Mailstore::kLeaseTtl);
  MaildropGrant other = Grant("m");
  other.session_id = std::string(32, 'b');
  const v1::OpenMaildropResponse present = *Open(Opening(other));
  EXPECT_EQ(GetErrorReason(Read(Reads(stale)).status), ErrorReason::kLeaseLost);
  const absl::Status closed = Close(stale.lease(), {stale.messages(0).message_id()}).status();
  EXPECT_EQ(closed.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorReason(closed), ErrorReason::kLeaseLost);

  v1::RenewLeasesRequest renew;
  *renew.add_leases() = stale.lease();
  *renew.add_leases() = present.lease();
  renew.add_leases();  // of no form at all
  const auto renewed = Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew);
  ASSERT_TRUE(renewed.ok());
  ASSERT_EQ(renewed->leases_size(), 3);
  EXPECT_FALSE(renewed->leases(0).renewed());
  EXPECT_TRUE(renewed->leases(1).renewed());
  EXPECT_FALSE(renewed->leases(2).renewed());
  EXPECT_EQ(Read(Reads(present)).texts.size(), 1u);
}

TEST_F(ServicesTest, ALargeMailboxIsListedInPages) {
  for (int i = 0; i < 25; ++i) Deliver({"m"}, absl::StrCat(i, "\r\n"));
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  request.set_page_size(10);
  auto page = *Open(request);
  Deliver({"m"}, "later\r\n");
  clock_.Advance(absl::Minutes(2));  // the grant is over, the lease is not taken
  std::vector<uint64_t> ids;
  std::vector<int> sizes;
  request.clear_maildrop_grant();
  while (true) {
    EXPECT_EQ(page.message_count(), 25);
    EXPECT_EQ(page.total_size_octets(), 10 * 3 + 15 * 4);
    sizes.push_back(page.messages_size());
    for (const v1::MaildropMessage& message : page.messages()) ids.push_back(message.message_id());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
    const auto next = Open(request);
    ASSERT_TRUE(next.ok()) << next.status();
    page = *next;
  }
  EXPECT_THAT(sizes, testing::ElementsAre(10, 10, 5));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(ids.size(), 25u);

  EXPECT_EQ(GetErrorReason(
                Call<v1::OpenMaildropResponse>(other_frontend_, &Maildrops::OpenMaildrop, request)
                    .status()),
            ErrorReason::kLeaseLost);
  v1::OpenMaildropRequest wrong = request;
  wrong.set_mailbox_id("n");
  EXPECT_EQ(GetErrorReason(Open(wrong).status()), ErrorReason::kPageTokenInvalid);
  wrong = request;
  wrong.set_page_token("nonsense");
  EXPECT_EQ(GetErrorReason(Open(wrong).status()), ErrorReason::kPageTokenInvalid);
  EXPECT_EQ(*Close(page.lease(), ids), 25);
  EXPECT_EQ(GetErrorReason(Open(request).status()), ErrorReason::kLeaseLost);
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, OpeningsOfWrongFormAreRefused) {
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  request.set_client_address(std::string(46, '1'));
  EXPECT_EQ(GetInvalidField(Open(request).status()), "client_address");
  request = Opening(Grant("m"));
  request.set_session_id("short");
  EXPECT_EQ(GetInvalidField(Open(request).status()), "session_id");
  request = Opening(Grant("m"));
  request.set_mailbox_id("../m");
  EXPECT_EQ(GetErrorReason(Open(request).status()), ErrorReason::kFieldInvalid);
  request = Opening(Grant("m"));
  request.set_page_size(-1);
  EXPECT_EQ(GetInvalidField(Open(request).status()), "page_size");
}

TEST_F(ServicesTest, LimitsOfRenewAndClose) {
  const v1::Lease lease = Open("m").lease();
  v1::RenewLeasesRequest renew;
  for (int i = 0; i < 10'000; ++i) *renew.add_leases() = lease;
  EXPECT_EQ(Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew)->leases_size(),
            10'000);
  *renew.add_leases() = lease;
  EXPECT_EQ(GetInvalidField(
                Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew).status()),
            "leases");
  EXPECT_EQ(GetInvalidField(Close(lease, std::vector<uint64_t>(200'001, 1)).status()),
            "delete_message_ids");
  EXPECT_EQ(*Close(lease, std::vector<uint64_t>(200'000, 1)), 0);
}

TEST_F(ServicesTest, WrongFinishStoresNothing) {
  const std::string text(300'000, 'x');
  v1::DeliverMessageRequest wrong_size = Finish(text);
  wrong_size.mutable_finish()->set_size_octets(300'001);
  v1::DeliverMessageRequest wrong_crc = Finish(text);
  wrong_crc.mutable_finish()->set_crc32c(wrong_crc.finish().crc32c() ^ 1);
  for (const v1::DeliverMessageRequest& finish : {wrong_size, wrong_crc}) {
    const absl::Status status =
        Send({Header({"m"}), Text(text.substr(0, 150'000)), Text(text.substr(150'000)), finish})
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kDeliveryIncomplete);
  }
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Text("text")}).status()),
            ErrorReason::kDeliveryIncomplete);
  EXPECT_EQ(GetErrorReason(Send({}).status()), ErrorReason::kDeliveryIncomplete);
  EXPECT_EQ(CountOf("m"), 0);
}

TEST_F(ServicesTest, ABrokenStreamLeavesNoMessage) {
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::DeliverMessageResponse response;
    auto writer = ingress_->DeliverMessage(&context, &response);
    ASSERT_TRUE(writer->Write(Header({"m"})));
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(writer->Write(Text(std::string(200'000, 'x'))));
    context.TryCancel();
    EXPECT_FALSE(writer->Finish().ok());
  }
  EXPECT_EQ(CountOf("m"), 0);
  Deliver({"m"}, "after\r\n");
  EXPECT_EQ(Open("m").message_count(), 1);
}

TEST_F(ServicesTest, LimitsOfADelivery) {
  const std::string text = "text\r\n";
  auto field = [this](const std::vector<v1::DeliverMessageRequest>& parts) {
    const absl::Status status = Send(parts).status();
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kFieldInvalid) << status;
    return GetInvalidField(status);
  };
  std::vector<std::string> many;
  for (int i = 0; i < 1'001; ++i) many.push_back(absl::StrCat("m", i));
  EXPECT_EQ(field({Header(many), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({}), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({"m", "n", "m"}), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({"M"}), Finish("")}), "mailbox_id");
  EXPECT_EQ(field({Header({"m"}), Header({"m"})}), "header");
  EXPECT_EQ(field({Text(text)}), "text");
  EXPECT_EQ(field({Finish("")}), "finish");
  EXPECT_EQ(field({v1::DeliverMessageRequest()}), "part");
  EXPECT_EQ(field({Header({"m"}), Text(std::string(262'145, 'x'))}), "text");
  v1::DeliverMessageRequest finish = Finish(text);
  finish.mutable_finish()->add_delivery_ids(std::string(31, 'd'));
  EXPECT_EQ(field({Header({"m"}), Text(text), finish}), "delivery_ids");
  finish.mutable_finish()->set_delivery_ids(0, std::string(32, 'd'));
  EXPECT_EQ(field({Header({"m", "n"}), Text(text), finish}), "delivery_ids");
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text("x"),
                                 Finish(std::string(kMaxMessageOctets + 1, 'x'))})
                               .status()),
            ErrorReason::kMessageTooLarge);
  EXPECT_EQ(CountOf("m"), 0);
  EXPECT_EQ(CountOf("n"), 0);
  many.pop_back();
  Deliver(many, text);
  EXPECT_EQ(CountOf("m999"), 1);
}

TEST_F(ServicesTest, ARepeatedDeliveryMakesNoSecondCopy) {
  const std::string text = "text\r\n";
  v1::DeliverMessageRequest finish = Finish(text);
  finish.mutable_finish()->add_delivery_ids(std::string(32, 'd'));
  const auto first = Send({Header({"m"}), Text(text), finish});
  const auto second = Send({Header({"m"}), Text(text), finish});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(first->results(0).repeated());
  EXPECT_TRUE(second->results(0).repeated());
  EXPECT_EQ(second->results(0).message_id(), first->results(0).message_id());
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, OperatorsSeeMailboxesAndMessages) {
  for (const char* id : {"c", "a", "b", "a"}) Deliver({id}, "text\r\n");
  v1::OpenMaildropResponse opened = Open("a");
  v1::GetMailboxRequest get;
  get.set_name("mailboxes/a");
  const auto mailbox = Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get);
  ASSERT_TRUE(mailbox.ok()) << mailbox.status();
  EXPECT_EQ(mailbox->message_count(), 2);
  EXPECT_EQ(mailbox->total_size_octets(), 12);
  EXPECT_EQ(mailbox->session().session_id(), kSession);
  EXPECT_EQ(mailbox->session().client_address(), "192.0.2.1");
  EXPECT_EQ(mailbox->session().frontend(), kFrontend);
  get.set_name("mailboxes/none");
  EXPECT_EQ(GetErrorReason(Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get).status()),
            ErrorReason::kMailboxNotFound);
  get.set_name("a");
  EXPECT_EQ(GetInvalidField(Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get).status()),
            "name");

  v1::ListMailboxesRequest list;
  list.set_page_size(2);
  auto page = *Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list);
  ASSERT_EQ(page.mailboxes_size(), 2);
  EXPECT_EQ(page.mailboxes(1).name(), "mailboxes/b");
  list.set_page_token(page.next_page_token());
  page = *Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list);
  ASSERT_EQ(page.mailboxes_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  list.set_page_token("*");
  EXPECT_EQ(GetErrorReason(
                Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list).status()),
            ErrorReason::kPageTokenInvalid);

  v1::ListMessagesRequest messages;
  messages.set_parent("mailboxes/a");
  messages.set_page_size(1);
  auto rows = *Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages);
  ASSERT_EQ(rows.messages_size(), 1);
  EXPECT_EQ(rows.messages(0).name(),
            absl::StrCat("mailboxes/a/messages/", opened.messages(0).message_id()));
  EXPECT_EQ(rows.messages(0).uidl(), opened.messages(0).uidl());
  EXPECT_EQ(rows.messages(0).delivery_time().seconds(), absl::ToUnixSeconds(clock_.WallNow()));
  messages.set_page_token(rows.next_page_token());
  rows = *Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages);
  ASSERT_EQ(rows.messages_size(), 1);
  EXPECT_EQ(rows.next_page_token(), "");
  messages.set_parent("mailboxes/b");
  messages.set_page_size(-1);
  EXPECT_EQ(
      GetErrorReason(
          Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages).status()),
      ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, CallersWithoutTheRoleAreRefused) {
  const auto ingress = v1::MaildropService::NewStub(Connect(*server_, "ingress/lmtp-0"));
  EXPECT_EQ(GetErrorReason(Call<v1::OpenMaildropResponse>(ingress, &Maildrops::OpenMaildrop,
                                                          Opening(Grant("m")))
                               .status()),
            ErrorReason::kRoleMissing);
  ingress_ = v1::DeliveryService::NewStub(Connect(*server_, "frontend/pop3-0"));
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Finish("")}).status()), ErrorReason::kRoleMissing);
  const auto frontend = v1::MailboxService::NewStub(Connect(*management_, "frontend/pop3-0"));
  EXPECT_EQ(GetErrorReason(Call<v1::ListMailboxesResponse>(frontend, &Mailboxes::ListMailboxes,
                                                           v1::ListMailboxesRequest())
                               .status()),
            ErrorReason::kRoleMissing);
}

TEST_F(ServicesTest, CountsWhatItDoes) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  Read(Reads(opened));
  EXPECT_TRUE(Close(opened.lease(), {opened.messages(0).message_id()}).ok());
  const std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_deliveries_total{outcome=\"ok\"} 1"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_reads_total{outcome=\"ok\"} 1"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_read_octets_total 6"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_deleted_messages_total 1"));
  EXPECT_THAT(log_lines_, testing::Contains(testing::HasSubstr("maildrop_closed")));
}

}  // namespace
}  // namespace restante::mailstore
