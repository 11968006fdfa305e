#include "common/operations/operations.h"
#include "common/base/mutex.h"

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/operations/operations_service.h"
#include "common/operations/testing/memory_operation_store.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace restante::operations {
namespace {

using google::protobuf::Int64Value;
using google::protobuf::StringValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRequest[] = "00112233445566778899aabbccddeeff";

Int64Value Number(int64_t value) {
  Int64Value number;
  number.set_value(value);
  return number;
}

// What the jobs of a test wait for and say. Their metadata is an Int64Value: a job that begins with
// a negative one waits until it is let go, and reports meanwhile.
struct Stage {
  Mutex mutex;
  CondVar changed;
  bool let_go ABSL_GUARDED_BY(mutex) = false;
  int running ABSL_GUARDED_BY(mutex) = 0;

  void LetGo() {
    MutexLock lock(&mutex);
    let_go = true;
    changed.SignalAll();
  }
  // Until so many jobs have begun.
  void AwaitRunning(int count) {
    MutexLock lock(&mutex);
    while (running < count) changed.Wait(&mutex);
  }
};

class StageJob : public Job {
 public:
  StageJob(Stage* stage, int64_t value) : stage_(*stage), value_(value) {}

  absl::StatusOr<google::protobuf::Any> Run(JobContext& context) override {
    {
      MutexLock lock(&stage_.mutex);
      ++stage_.running;
      stage_.changed.SignalAll();
    }
    if (value_ == 0) return absl::DataLossError("there is none");
    while (value_ < 0 && !IsLetGo()) {
      if (!context.Report(Number(value_))) return absl::CancelledError("told to stop");
    }
    context.Report(Number(100 + value_));
    google::protobuf::Any response;
    response.PackFrom(Number(200 + value_));
    return response;
  }

 private:
  bool IsLetGo() {
    MutexLock lock(&stage_.mutex);
    if (!stage_.let_go) stage_.changed.WaitFor(&stage_.mutex, absl::Milliseconds(1));
    return stage_.let_go;
  }

  Stage& stage_;
  const int64_t value_;
};

class OperationsTest : public testing::Test {
 protected:
  OperationsTest() { Open(); }

  void Open() {
    operations_.reset();
    stage_ = std::make_unique<Stage>();
    auto opened = Operations::Open(
        std::make_unique<MemoryOperationStore>(&records_),
        [this](const google::protobuf::Any& metadata) -> std::unique_ptr<Job> {
          Int64Value value;
          if (!metadata.UnpackTo(&value)) return nullptr;
          return std::make_unique<StageJob>(stage_.get(), value.value());
        },
        clock_, random_, logger_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    operations_ = *std::move(opened);
  }

  // Once it has ended.
  Operation AwaitEnd(const std::string& name) {
    Mutex mutex;
    CondVar changed;
    const auto subscription = operations_->OnChange([&] {
      MutexLock lock(&mutex);
      changed.SignalAll();
    });
    MutexLock lock(&mutex);
    while (!operations_->Get(name)->done()) changed.WaitFor(&mutex, absl::Milliseconds(10));
    return *operations_->Get(name);
  }
  std::string MustBegin(int64_t value, const std::string& request_id = "") {
    const auto begun = operations_->Begin(request_id, Number(value));
    EXPECT_TRUE(begun.ok()) << begun.status();
    return begun->name();
  }
  ErrorReason ReasonOfBegin(int64_t value, const std::string& request_id = "") {
    return GetErrorReason(operations_->Begin(request_id, Number(value)).status());
  }
  static int64_t ValueOf(const google::protobuf::Any& any) {
    Int64Value value;
    EXPECT_TRUE(any.UnpackTo(&value));
    return value.value();
  }

  FakeClock clock_;
  FakeRandom random_;
  // Lines are of several threads.
  Mutex log_mutex_;
  std::vector<std::string> log_lines_ ABSL_GUARDED_BY(log_mutex_);
  log::Logger logger_{"test", log::Level::kInfo, clock_, [this](absl::string_view line) {
                        MutexLock lock(&log_mutex_);
                        log_lines_.emplace_back(line);
                      }};
  std::vector<std::string> LogLines() {
    MutexLock lock(&log_mutex_);
    return log_lines_;
  }
  MemoryOperationStore::Records records_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Operations> operations_;
};

TEST_F(OperationsTest, RunsAJobAndKeepsWhatCameOfIt) {
  const std::string name = MustBegin(7);
  const Operation ended = AwaitEnd(name);
  EXPECT_EQ(ValueOf(ended.metadata()), 107);
  EXPECT_EQ(ValueOf(ended.response()), 207);
  const Operation failed = AwaitEnd(MustBegin(0));
  EXPECT_EQ(failed.error().code(), static_cast<int>(absl::StatusCode::kDataLoss));
  Open();
  EXPECT_EQ(ValueOf(operations_->Get(name)->response()), 207);
}

TEST_F(OperationsTest, RunsOneOfAKindAtATime) {
  const std::string name = MustBegin(-1);
  absl::Status refused = operations_->Begin("", Number(5)).status();
  EXPECT_EQ(GetErrorReason(refused), ErrorReason::kOperationRunning);
  EXPECT_EQ(GetErrorMetadata(refused)["operation"], name);
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  EXPECT_EQ(GetErrorReason(operations_->Remove(name)), ErrorReason::kOperationRunning);
  stage_->LetGo();
  AwaitEnd(name);
  EXPECT_TRUE(operations_->Remove(name).ok());
  EXPECT_EQ(GetErrorReason(operations_->Get(name).status()), ErrorReason::kOperationNotFound);
  EXPECT_EQ(GetErrorReason(operations_->Remove(name)), ErrorReason::kOperationNotFound);
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(OperationsTest, GivesARepeatTheOperationThatItBegan) {
  const std::string name = MustBegin(3, kRequest);
  EXPECT_EQ(MustBegin(3, kRequest), name);
  AwaitEnd(name);
  Open();
  EXPECT_EQ(MustBegin(3, kRequest), name);
  StringValue other;
  EXPECT_EQ(GetInvalidField(operations_->Begin(kRequest, other).status()), "request_id");
  EXPECT_EQ(ReasonOfBegin(3, "x"), ErrorReason::kFieldInvalid);
  clock_.Advance(Operations::kRequestsKept);
  EXPECT_NE(MustBegin(3, kRequest), name);
}

TEST_F(OperationsTest, StopsWhenCancelled) {
  const std::string name = MustBegin(-1);
  stage_->AwaitRunning(1);
  EXPECT_TRUE(operations_->Cancel(name).ok());
  EXPECT_EQ(AwaitEnd(name).error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_TRUE(operations_->Cancel(name).ok());
  EXPECT_EQ(GetErrorReason(operations_->Cancel("operations/none")),
            ErrorReason::kOperationNotFound);
}

TEST_F(OperationsTest, GoesOnAfterARestart) {
  const std::string name = MustBegin(-1);
  stage_->AwaitRunning(1);
  Open();
  stage_->AwaitRunning(1);
  EXPECT_FALSE(operations_->Get(name)->done());
  stage_->LetGo();
  EXPECT_EQ(ValueOf(AwaitEnd(name).response()), 199);
}

TEST_F(OperationsTest, ACancellationHoldsOverARestart) {
  const std::string name = MustBegin(-1);
  stage_->AwaitRunning(1);
  const MemoryOperationStore::Records before = records_;
  EXPECT_TRUE(operations_->Cancel(name).ok());
  const MemoryOperationStore::Records cancelled = records_;
  AwaitEnd(name);
  operations_.reset();
  records_ = cancelled;  // as after a crash in between
  EXPECT_NE(before, cancelled);
  Open();
  EXPECT_EQ(AwaitEnd(name).error().code(), static_cast<int>(absl::StatusCode::kCancelled));
}

TEST_F(OperationsTest, EndsWhatItDoesNotKnow) {
  StringValue unknown;
  const auto begun = operations_->Begin("", unknown);
  ASSERT_TRUE(begun.ok());
  EXPECT_EQ(AwaitEnd(begun->name()).error().code(),
            static_cast<int>(absl::StatusCode::kUnimplemented));
}

TEST_F(OperationsTest, ListsNewestFirst) {
  const auto numbers = [this](uint64_t before, size_t limit, std::optional<bool> done) {
    std::vector<uint64_t> all;
    for (const auto& listed : operations_->List(before, limit, done)) all.push_back(listed.number);
    return all;
  };
  for (int i = 1; i <= 3; ++i) AwaitEnd(MustBegin(i));
  MustBegin(-1);
  EXPECT_THAT(numbers(UINT64_MAX, 9, std::nullopt), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(numbers(4, 2, std::nullopt), ElementsAre(3, 2));
  EXPECT_THAT(numbers(UINT64_MAX, 9, true), ElementsAre(3, 2, 1));
  EXPECT_THAT(numbers(UINT64_MAX, 9, false), ElementsAre(4));
}

TEST_F(OperationsTest, ForgetsTheOldest) {
  const std::string first = MustBegin(1);
  AwaitEnd(first);
  for (size_t i = 0; i < Operations::kMaxEnded; ++i) AwaitEnd(MustBegin(1));
  EXPECT_EQ(GetErrorReason(operations_->Get(first).status()), ErrorReason::kOperationNotFound);
  EXPECT_EQ(records_.size(), Operations::kMaxEnded);
}

TEST_F(OperationsTest, LeavesDamagedRecordsOut) {
  AwaitEnd(MustBegin(1));
  operations_.reset();
  const MemoryOperationStore::Records good = records_;
  const std::string& record = good.begin()->second;
  const auto count = [this] {
    const auto opened = Operations::Open(
        std::make_unique<MemoryOperationStore>(&records_),
        [](const google::protobuf::Any&) { return nullptr; }, clock_, random_, logger_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return (*opened)->List(UINT64_MAX, 10, std::nullopt).size();
  };
  const size_t whole = count();
  ASSERT_GT(whole, 0u);
  for (size_t length = 0; length < record.size(); ++length) {
    records_.begin()->second = record.substr(0, length);
    EXPECT_EQ(count(), whole - 1) << length;
  }
  EXPECT_THAT(LogLines(), testing::Contains(testing::HasSubstr("operation_damaged")));
  records_ = {{"another", record}};
  EXPECT_EQ(count(), 0u);
}

class RocksDbOperationStoreTest : public OperationsTest {
 protected:
  const TemporaryDirectory folder_;
  const std::string path = folder_.path() + "/operations";
};

TEST_F(RocksDbOperationStoreTest, IsMadeAnewWhenItIsDamaged) {
  {
    const auto store = OpenRocksDbOperationStore(path, logger_);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_TRUE((*store)->Put("a", "1").ok());
  }
  // The next open writes the record to a table.
  { ASSERT_TRUE(OpenRocksDbOperationStore(path, logger_).ok()); }
  int damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream(entry.path(), std::ios::in | std::ios::out).put('\x7f').put('\x7f');
    ++damaged;
  }
  ASSERT_EQ(damaged, 1);
  const auto store = OpenRocksDbOperationStore(path, logger_);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->ReadAll()->empty());
  EXPECT_TRUE((*store)->Put("b", "2").ok());
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged"));
  EXPECT_THAT(LogLines(), testing::Contains(testing::HasSubstr("operations_damaged")));
}

TEST_F(RocksDbOperationStoreTest, KeepsRecords) {
  {
    const auto store = OpenRocksDbOperationStore(path, logger_);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_TRUE((*store)->Put("a", "1").ok());
    EXPECT_TRUE((*store)->Put("b", "2").ok());
    EXPECT_TRUE((*store)->Put("a", "3").ok());
    EXPECT_TRUE((*store)->Remove("b").ok());
    EXPECT_EQ(OpenRocksDbOperationStore(path, logger_).status().code(),
              absl::StatusCode::kUnavailable);
  }
  EXPECT_THAT(*(*OpenRocksDbOperationStore(path, logger_))->ReadAll(),
              ElementsAre(std::pair<std::string, std::string>("a", "3")));
}

class OperationsServiceTest : public OperationsTest {
 protected:
  using Stub = google::longrunning::Operations::Stub;

  OperationsServiceTest() {
    rpc::AccessTable::Rules rules;
    for (const char* method : {"ListOperations", "GetOperation", "DeleteOperation",
                               "CancelOperation", "WaitOperation"}) {
      rules[absl::StrCat("/google.longrunning.Operations/", method)] = {"key-admin", "mover"};
    }
    service_ = std::make_unique<OperationsService>(*operations_,
                                                   std::vector<std::string>{"key-admin"}, workers_);
    server_ = *rpc::Server::Start(
        {"127.0.0.1:0", Issue("server", "service/s"), rpc::AccessTable(std::move(rules))},
        {service_.get()});
    stub_ = google::longrunning::Operations::NewStub(
        *rpc::MakeChannel({absl::StrCat("ipv4:127.0.0.1:", server_->port()), "server.internal",
                           Issue("client", "key-admin/ops")}));
  }
  // Its calls must be over before `operations_` goes.
  ~OperationsServiceTest() override { server_.reset(); }

  rpc::TlsFiles Issue(const char* name, const char* role) {
    const TestCertificate files =
        pki_.Issue(name, {"server.internal"}, {absl::StrCat("spiffe://restante/", role)});
    return {files.certificate, files.private_key, files.ca};
  }

  template <typename Response, typename Method, typename Request>
  absl::StatusOr<Response> Call(Method method, const Request& request,
                                grpc::ClientContext* context = nullptr) {
    grpc::ClientContext own;
    if (context == nullptr) context = &own;
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context->set_wait_for_ready(true);
    Response response;
    const absl::Status status =
        rpc::FromGrpcStatus((stub_.get()->*method)(context, request, &response));
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<Operation> Wait(const std::string& name, int seconds,
                                 grpc::ClientContext* context = nullptr) {
    google::longrunning::WaitOperationRequest request;
    request.set_name(name);
    request.mutable_timeout()->set_seconds(seconds);
    return Call<Operation>(&Stub::WaitOperation, request, context);
  }

  TestPki pki_;
  rpc::WorkerPool workers_{1, 10};
  std::unique_ptr<OperationsService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(OperationsServiceTest, WaitsForTheEndOrTheTime) {
  const std::string name = MustBegin(-1);
  absl::StatusOr<Operation> operation = Wait(name, 0);
  ASSERT_TRUE(operation.ok()) << operation.status();
  EXPECT_FALSE(operation->done());
  std::thread later([this] {
    stage_->AwaitRunning(1);
    stage_->LetGo();
  });
  operation = Wait(name, 20);
  later.join();
  ASSERT_TRUE(operation.ok()) << operation.status();
  EXPECT_TRUE(operation->done());
  EXPECT_EQ(ValueOf(operation->response()), 199);
  EXPECT_EQ(ValueOf(Wait(name, 20)->response()), 199);
  EXPECT_EQ(GetErrorReason(Wait("operations/none", 20).status()), ErrorReason::kOperationNotFound);
  EXPECT_EQ(GetInvalidField(Wait(name, -1).status()), "timeout");
}

TEST_F(OperationsServiceTest, EndsWaitsWhenStopped) {
  const std::string name = MustBegin(-1);
  stage_->AwaitRunning(1);
  std::thread stopper([this] { operations_->Stop(); });
  EXPECT_EQ(GetErrorReason(Wait(name, 20).status()), ErrorReason::kDraining);
  stopper.join();
}

TEST_F(OperationsServiceTest, ListsGetsCancelsAndDeletes) {
  for (int i = 1; i <= 3; ++i) AwaitEnd(MustBegin(i));
  const std::string running = MustBegin(-1);
  google::longrunning::ListOperationsRequest list;
  list.set_page_size(3);
  auto page = Call<google::longrunning::ListOperationsResponse>(&Stub::ListOperations, list);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->operations_size(), 3);
  EXPECT_EQ(page->operations(0).name(), running);
  list.set_page_token(page->next_page_token());
  page = Call<google::longrunning::ListOperationsResponse>(&Stub::ListOperations, list);
  EXPECT_EQ(page->operations_size(), 1);
  EXPECT_EQ(page->next_page_token(), "");
  list.set_filter("done = maybe");
  EXPECT_EQ(
      GetInvalidField(
          Call<google::longrunning::ListOperationsResponse>(&Stub::ListOperations, list).status()),
      "filter");

  google::longrunning::DeleteOperationRequest remove;
  remove.set_name(running);
  EXPECT_EQ(GetErrorReason(Call<google::protobuf::Empty>(&Stub::DeleteOperation, remove).status()),
            ErrorReason::kOperationRunning);
  google::longrunning::CancelOperationRequest cancel;
  cancel.set_name(running);
  EXPECT_TRUE(Call<google::protobuf::Empty>(&Stub::CancelOperation, cancel).ok());
  EXPECT_TRUE(Wait(running, 20)->has_error());
  EXPECT_TRUE(Call<google::protobuf::Empty>(&Stub::DeleteOperation, remove).ok());
  google::longrunning::GetOperationRequest get;
  get.set_name(running);
  EXPECT_EQ(GetErrorReason(Call<Operation>(&Stub::GetOperation, get).status()),
            ErrorReason::kOperationNotFound);
}

TEST_F(OperationsServiceTest, LetsSomeRolesCancelTransfersAlone) {
  const std::string job = MustBegin(-1);
  const auto transfer = operations_->BeginTransfer({.kind = "ImportMessages",
                                                    .resource = "",
                                                    .validate_only = false,
                                                    .request_id = "",
                                                    .caller = "",
                                                    .from_the_beginning = false});
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  stub_ = google::longrunning::Operations::NewStub(
      *rpc::MakeChannel({absl::StrCat("ipv4:127.0.0.1:", server_->port()), "server.internal",
                         Issue("mover", "mover/ops")}));
  google::longrunning::CancelOperationRequest cancel;
  cancel.set_name(job);
  const auto call = [&] {
    return Call<google::protobuf::Empty>(&Stub::CancelOperation, cancel).status();
  };
  EXPECT_EQ(GetErrorReason(call()), ErrorReason::kRoleMissing);
  cancel.set_name("operations/none");
  EXPECT_EQ(GetErrorReason(call()), ErrorReason::kOperationNotFound);
  cancel.set_name((*transfer)->name());
  EXPECT_TRUE(call().ok());
  EXPECT_TRUE(absl::IsCancelled((*transfer)->Report({})));
  EXPECT_FALSE(operations_->Get(job)->done());
}

}  // namespace
}  // namespace restante::operations
