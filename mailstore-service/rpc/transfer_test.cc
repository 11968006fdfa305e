// Imports and exports as operations.

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mailstore-service/rpc/testing/services_fixture.h"

namespace restante::mailstore {
namespace {

constexpr char kRequest[] = "00112233445566778899aabbccddeeff";
constexpr char kText[] = "text\r\n";

// An ImportMessages call, and the last answer that came.
class Import {
 public:
  Import(Mailboxes* stub, const std::string& request_id, const std::string& parent) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    stream_ = stub->ImportMessages(&context_);
    v1::ImportMessagesRequest request;
    request.set_parent(parent);
    request.set_request_id(request_id);
    if (stream_->Write(request) && !request_id.empty()) stream_->Read(&answer_);
  }

  const v1::ImportMessagesResponse& answer() const { return answer_; }
  // Whether it is answered.
  bool Send(const std::string& import_id) {
    if (!SendBegin(import_id)) return false;
    v1::ImportMessagesRequest request;
    request.set_text(kText);
    stream_->Write(request);
    request.mutable_end()->set_size_octets(6);
    request.mutable_end()->set_crc32c(ExtendCrc32c(0, kText));
    return stream_->Write(request) && stream_->Read(&answer_);
  }
  bool SendBegin(const std::string& import_id) {
    v1::ImportMessagesRequest request;
    request.mutable_begin()->set_import_id(import_id);
    return stream_->Write(request);
  }
  absl::Status Complete() {
    v1::ImportMessagesRequest request;
    request.set_complete(true);
    stream_->Write(request);
    return End();
  }
  absl::Status End() {
    stream_->WritesDone();
    return rpc::FromGrpcStatus(stream_->Finish());
  }
  absl::Status Cut() {
    context_.TryCancel();
    return rpc::FromGrpcStatus(stream_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ImportMessagesRequest, v1::ImportMessagesResponse>>
      stream_;
  v1::ImportMessagesResponse answer_;
};

class TransferTest : public ServicesTest {
 protected:
  std::unique_ptr<Import> BeginImport(const std::string& request_id,
                                      const std::string& parent = "mailboxes/m") {
    return std::make_unique<Import>(mover_.get(), request_id, parent);
  }

  struct Exported {
    int messages = 0;
    std::string operation;
    bool already_ended = false;
    absl::Status status;
  };
  Exported Export(const v1::ExportMessagesRequest& request) {
    grpc::ClientContext context;
    SetDeadline(&context);
    auto reader = mover_->ExportMessages(&context, request);
    v1::ExportMessagesResponse answer;
    Exported exported;
    while (reader->Read(&answer)) {
      exported.operation += answer.operation();
      exported.already_ended = exported.already_ended || answer.already_ended();
      for (const auto& piece : answer.pieces()) exported.messages += piece.end() ? 1 : 0;
    }
    exported.status = rpc::FromGrpcStatus(reader->Finish());
    return exported;
  }

  google::longrunning::Operation Get(const std::string& name) {
    google::longrunning::GetOperationRequest request;
    request.set_name(name);
    const auto operation = Call<google::longrunning::Operation>(
        jobs_, &google::longrunning::Operations::Stub::GetOperation, request);
    EXPECT_TRUE(operation.ok()) << operation.status();
    return operation.value_or(google::longrunning::Operation());
  }
  common::v1::TransferMetadata MetadataOf(const std::string& name) {
    common::v1::TransferMetadata metadata;
    EXPECT_TRUE(Get(name).metadata().UnpackTo(&metadata)) << name;
    return metadata;
  }
  void Await(const std::string& name,
             const std::function<bool(const common::v1::TransferMetadata&)>& holds) {
    Mutex mutex;
    CondVar changed;
    const auto subscription = operations_->OnChange([&] {
      MutexLock lock(&mutex);
      changed.SignalAll();
    });
    MutexLock lock(&mutex);
    while (!holds(MetadataOf(name))) changed.WaitFor(&mutex, absl::Milliseconds(10));
  }
  // Once no call carries the operation.
  void AwaitEndOfCall(const std::string& name) {
    Await(name, [](const auto& metadata) {
      return metadata.state() != common::v1::TRANSFER_STATE_RUNNING;
    });
  }
  void Cancel(const std::string& name) {
    google::longrunning::CancelOperationRequest request;
    request.set_name(name);
    const auto movers_jobs =
        google::longrunning::Operations::NewStub(Connect(*management_, "mover/ops"));
    EXPECT_TRUE(Call<google::protobuf::Empty>(
                    movers_jobs, &google::longrunning::Operations::Stub::CancelOperation, request)
                    .ok());
  }
};

TEST_F(TransferTest, AnImportIsAnOperation) {
  const auto import = BeginImport(kRequest);
  const std::string name = import->answer().operation();
  EXPECT_FALSE(import->answer().already_ended());
  const common::v1::TransferMetadata begun = MetadataOf(name);
  EXPECT_EQ(begun.kind(), "ImportMessages");
  EXPECT_EQ(begun.resource(), "mailboxes/m");
  EXPECT_EQ(begun.caller(), "spiffe://restante/mover/ops");
  EXPECT_EQ(begun.state(), common::v1::TRANSFER_STATE_RUNNING);
  ASSERT_TRUE(import->Send("1"));
  EXPECT_EQ(import->answer().operation(), "");
  ASSERT_TRUE(import->Send("1"));
  ASSERT_TRUE(import->Send("2"));
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
  EXPECT_TRUE(import->Complete().ok());
  common::v1::TransferResponse response;
  ASSERT_TRUE(Get(name).response().UnpackTo(&response));
  EXPECT_EQ(response.counts().done(), 2);
  EXPECT_EQ(response.counts().octets(), 12);
  EXPECT_EQ(response.counts().unchanged(), 1);

  const auto again = BeginImport(kRequest);
  EXPECT_EQ(again->answer().operation(), name);
  EXPECT_TRUE(again->answer().already_ended());
  EXPECT_TRUE(again->End().ok());
}

TEST_F(TransferTest, AnImportWithoutRequestIdIsAnOperationToo) {
  const auto import = BeginImport("");
  ASSERT_TRUE(import->Send("1"));
  const std::string name = import->answer().operation();
  EXPECT_TRUE(import->End().ok());
  EXPECT_TRUE(Get(name).has_response());
}

TEST_F(TransferTest, AnImportThatBrokeOffIsTakenOn) {
  const auto cut = BeginImport(kRequest);
  const std::string name = cut->answer().operation();
  ASSERT_TRUE(cut->Send("1"));
  EXPECT_EQ(GetErrorReason(BeginImport(kRequest)->End()), ErrorReason::kOperationRunning);
  EXPECT_TRUE(absl::IsCancelled(cut->Cut()));
  AwaitEndOfCall(name);
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);
  // One that does not say that it is complete, or says it in the middle of a message, breaks off.
  EXPECT_TRUE(absl::IsCancelled(BeginImport(kRequest)->End()));
  const auto halved = BeginImport(kRequest);
  EXPECT_TRUE(halved->SendBegin("2"));
  EXPECT_TRUE(absl::IsCancelled(halved->Complete()));
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);

  const auto again = BeginImport(kRequest);
  EXPECT_EQ(again->answer().operation(), name);
  ASSERT_TRUE(again->Send("1"));
  ASSERT_TRUE(again->Send("2"));
  EXPECT_TRUE(again->Complete().ok());
  EXPECT_TRUE(Get(name).has_response());
  EXPECT_EQ(MetadataOf(name).attempts(), 4);
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
  EXPECT_EQ(MetadataOf(name).counts().unchanged(), 1);
  EXPECT_EQ(CountOf("m"), 2);
}

TEST_F(TransferTest, ACancelledImportEndsAtItsNextMessage) {
  const auto import = BeginImport(kRequest);
  const std::string name = import->answer().operation();
  ASSERT_TRUE(import->Send("1"));
  Cancel(name);
  import->Send("2");
  EXPECT_TRUE(absl::IsCancelled(import->End()));
  EXPECT_EQ(Get(name).error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(TransferTest, StopsWithTheService) {
  const auto import = BeginImport(kRequest);
  const std::string name = import->answer().operation();
  ASSERT_TRUE(import->Send("1"));
  operations_->Stop();
  import->Send("2");
  EXPECT_EQ(GetErrorReason(import->End()), ErrorReason::kDraining);
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);
}

TEST_F(TransferTest, RefusesWrongWordsAboutTheOperation) {
  EXPECT_EQ(GetInvalidField(BeginImport("x")->End()), "request_id");
  EXPECT_TRUE(absl::IsCancelled(BeginImport(kRequest)->End()));
  EXPECT_EQ(GetInvalidField(BeginImport(kRequest, "mailboxes/other")->End()), "request_id");
  grpc::ClientContext context;
  SetDeadline(&context);
  auto stream = mover_->ImportMessages(&context);
  v1::ImportMessagesRequest request;
  request.set_parent("mailboxes/m");
  stream->Write(request);
  request.Clear();
  request.set_request_id(kRequest);
  stream->Write(request);
  stream->WritesDone();
  EXPECT_EQ(GetInvalidField(rpc::FromGrpcStatus(stream->Finish())), "request_id");
}

TEST_F(TransferTest, AnExportIsAnOperation) {
  Deliver({"m"}, kText);
  v1::ExportMessagesRequest request;
  request.set_parent("mailboxes/m");
  request.set_request_id(kRequest);
  const Exported first = Export(request);
  EXPECT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(first.messages, 1);
  EXPECT_TRUE(Get(first.operation).has_response());
  EXPECT_EQ(MetadataOf(first.operation).kind(), "ExportMessages");
  EXPECT_EQ(MetadataOf(first.operation).counts().done(), 1);
  EXPECT_EQ(MetadataOf(first.operation).counts().octets(), 6);
  const Exported again = Export(request);
  EXPECT_EQ(again.operation, first.operation);
  EXPECT_TRUE(again.already_ended);
  EXPECT_EQ(again.messages, 0);
  // Also one of nothing.
  request.clear_request_id();
  request.set_after_message_id(UINT64_MAX - 1);
  EXPECT_TRUE(Get(Export(request).operation).has_response());
  request.set_parent("mailboxes/none");
  EXPECT_EQ(GetErrorReason(Export(request).status), ErrorReason::kMailboxNotFound);
  EXPECT_EQ(operations_->List(UINT64_MAX, 1, true)[0].operation.error().code(),
            static_cast<int>(absl::StatusCode::kNotFound));
}

TEST_F(TransferTest, AnExportThatBrokeOffIsTakenOn) {
  // More than the channel holds for a caller that takes nothing.
  for (int i = 0; i < 16; ++i) Deliver({"m"}, std::string(1'000'000, 'x'));
  v1::ExportMessagesRequest request;
  request.set_parent("mailboxes/m");
  request.set_request_id(kRequest);
  grpc::ClientContext context;
  SetDeadline(&context);
  auto reader = mover_->ExportMessages(&context, request);
  v1::ExportMessagesResponse answer;
  ASSERT_TRUE(reader->Read(&answer));
  const std::string name = answer.operation();
  EXPECT_EQ(GetErrorReason(Export(request).status), ErrorReason::kOperationRunning);
  Cancel(name);
  while (reader->Read(&answer)) {
  }
  EXPECT_TRUE(absl::IsCancelled(rpc::FromGrpcStatus(reader->Finish())));
  EXPECT_EQ(Get(name).error().code(), static_cast<int>(absl::StatusCode::kCancelled));

  request.set_request_id(std::string(32, '0'));
  grpc::ClientContext cut_context;
  SetDeadline(&cut_context);
  reader = mover_->ExportMessages(&cut_context, request);
  ASSERT_TRUE(reader->Read(&answer));
  const std::string cut = answer.operation();
  bool has_ended = false;
  while (!has_ended && reader->Read(&answer)) {
    for (const auto& piece : answer.pieces()) has_ended = has_ended || piece.end();
  }
  Await(cut, [](const auto& metadata) { return metadata.counts().done() > 0; });
  cut_context.TryCancel();
  reader->Finish();
  AwaitEndOfCall(cut);
  EXPECT_EQ(MetadataOf(cut).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);
  EXPECT_LT(MetadataOf(cut).counts().done(), 16);
  // From the first on it counts anew.
  const Exported again = Export(request);
  EXPECT_EQ(again.operation, cut);
  EXPECT_EQ(again.messages, 16);
  EXPECT_EQ(MetadataOf(cut).counts().done(), 16);
  EXPECT_EQ(MetadataOf(cut).attempts(), 2);
}

}  // namespace
}  // namespace restante::mailstore
