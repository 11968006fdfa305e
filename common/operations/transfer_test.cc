#include "common/operations/transfer.h"

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error_reason.h"
#include "common/operations/operations.h"
#include "common/operations/testing/memory_operation_store.h"
#include "gmock/gmock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::operations {
namespace {

using common::v1::TransferCounts;
using common::v1::TransferMetadata;
using common::v1::TransferResponse;

constexpr char kRequest[] = "00112233445566778899aabbccddeeff";

TransferCounts Counts(int64_t done, int64_t unchanged = 0, int64_t failed = 0, int64_t octets = 0) {
  TransferCounts counts;
  counts.set_done(done);
  counts.set_unchanged(unchanged);
  counts.set_failed(failed);
  counts.set_octets(octets);
  return counts;
}

// A job that ends at once.
class ShortJob : public Job {
 public:
  absl::StatusOr<google::protobuf::Any> Run(JobContext& /*context*/) override {
    return google::protobuf::Any();
  }
};

class TransferTest : public testing::Test {
 protected:
  TransferTest() { Open(); }

  // As after the process was killed and begun again.
  void Open() {
    const MemoryOperationStore::Records then = records_;
    transfer_.reset();
    operations_.reset();
    records_ = then;
    auto opened = Operations::Open(
        std::make_unique<MemoryOperationStore>(&records_),
        [](const google::protobuf::Any&) { return std::make_unique<ShortJob>(); }, clock_, random_,
        logger_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    operations_ = *std::move(opened);
  }

  static TransferRequest Request(const std::string& request_id) {
    return {.kind = "ImportMessages",
            .resource = "mailboxes/x",
            .validate_only = false,
            .request_id = request_id,
            .caller = "spiffe://restante/mover/a",
            .from_the_beginning = false};
  }
  std::unique_ptr<Transfer> MustBegin(const TransferRequest& request) {
    absl::StatusOr<std::unique_ptr<Transfer>> transfer = operations_->BeginTransfer(request);
    EXPECT_TRUE(transfer.ok()) << transfer.status();
    return transfer.ok() ? *std::move(transfer) : nullptr;
  }
  // As transfer_.
  std::string MustBegin(const std::string& request_id = kRequest) {
    transfer_ = MustBegin(Request(request_id));
    return transfer_->name();
  }
  Operation Get(const std::string& name) {
    const absl::StatusOr<Operation> operation = operations_->Get(name);
    EXPECT_TRUE(operation.ok()) << operation.status();
    return operation.value_or(Operation());
  }
  TransferMetadata MetadataOf(const std::string& name) {
    TransferMetadata metadata;
    EXPECT_TRUE(Get(name).metadata().UnpackTo(&metadata));
    return metadata;
  }
  common::v1::TransferState StateOf(const std::string& name) { return MetadataOf(name).state(); }
  static int CodeOf(absl::StatusCode code) { return static_cast<int>(code); }

  FakeClock clock_;
  FakeRandom random_;
  log::Logger logger_{"test", log::Level::kInfo, clock_, [](absl::string_view) {}};
  MemoryOperationStore::Records records_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<Transfer> transfer_;
};

TEST_F(TransferTest, IsAnOperationWhileItRunsAndAfterItEnded) {
  const std::string name = MustBegin();
  const TransferMetadata begun = MetadataOf(name);
  EXPECT_EQ(begun.kind(), "ImportMessages");
  EXPECT_EQ(begun.resource(), "mailboxes/x");
  EXPECT_EQ(begun.caller(), "spiffe://restante/mover/a");
  EXPECT_EQ(begun.state(), common::v1::TRANSFER_STATE_RUNNING);
  EXPECT_EQ(begun.attempts(), 1);
  EXPECT_TRUE(transfer_->Report(Counts(3, 2, 1, 700)).ok());
  EXPECT_EQ(MetadataOf(name).counts().done(), 3);
  EXPECT_FALSE(Get(name).done());
  EXPECT_EQ(GetErrorReason(operations_->Remove(name)), ErrorReason::kOperationRunning);

  transfer_->End(absl::OkStatus(), Counts(4, 2, 1, 800));
  for (int i = 0; i < 2; ++i) {
    const Operation ended = Get(name);
    TransferResponse response;
    ASSERT_TRUE(ended.done() && ended.response().UnpackTo(&response));
    EXPECT_EQ(response.counts().done(), 4);
    EXPECT_EQ(response.counts().unchanged(), 2);
    EXPECT_EQ(response.counts().failed(), 1);
    EXPECT_EQ(response.counts().octets(), 800);
    EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_ENDED);
    Open();
  }
  EXPECT_TRUE(operations_->Remove(name).ok());
  EXPECT_THAT(records_, testing::IsEmpty());
}

TEST_F(TransferTest, EndsWithAnErrorThatEveryCallWouldMeet) {
  const std::string name = MustBegin();
  transfer_->End(InvalidField("text", "is too long"), Counts(1));
  EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kInvalidArgument));
}

TEST_F(TransferTest, IsBrokenOffByAnErrorOfTheCall) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kCancelled, absl::StatusCode::kUnavailable,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kAborted}) {
    const std::string name = MustBegin("");
    transfer_->End(absl::Status(code, "not now"), Counts(5));
    EXPECT_FALSE(Get(name).done()) << code;
    EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_BROKEN_OFF);
    EXPECT_EQ(MetadataOf(name).counts().done(), 5);
  }
}

TEST_F(TransferTest, IsTakenOnWithItsCounts) {
  const std::string name = MustBegin();
  EXPECT_TRUE(transfer_->Report(Counts(3, 0, 1, 300)).ok());
  transfer_.reset();
  EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_BROKEN_OFF);
  EXPECT_EQ(operations_->List(UINT64_MAX, 9, false).size(), 1u);

  TransferRequest again = Request(kRequest);
  again.caller = "spiffe://restante/mover/b";
  transfer_ = MustBegin(again);
  EXPECT_EQ(transfer_->name(), name);
  EXPECT_FALSE(transfer_->already_ended());
  EXPECT_TRUE(transfer_->Report(Counts(2, 3, 0, 50)).ok());
  const TransferMetadata metadata = MetadataOf(name);
  EXPECT_EQ(metadata.state(), common::v1::TRANSFER_STATE_RUNNING);
  EXPECT_EQ(metadata.attempts(), 2);
  EXPECT_EQ(metadata.caller(), "spiffe://restante/mover/b");
  EXPECT_EQ(metadata.counts().done(), 5);
  EXPECT_EQ(metadata.counts().unchanged(), 3);
  EXPECT_EQ(metadata.counts().failed(), 1);
  EXPECT_EQ(metadata.counts().octets(), 350);
  // One that begins with its first item counts anew.
  transfer_.reset();
  again.from_the_beginning = true;
  transfer_ = MustBegin(again);
  transfer_->End(absl::OkStatus(), Counts(9));
  EXPECT_EQ(MetadataOf(name).counts().done(), 9);
  EXPECT_EQ(operations_->List(UINT64_MAX, 9, std::nullopt).size(), 1u);
}

TEST_F(TransferTest, IsCarriedByOneCallAtATime) {
  const std::string name = MustBegin();
  const absl::Status refused = operations_->BeginTransfer(Request(kRequest)).status();
  EXPECT_EQ(GetErrorReason(refused), ErrorReason::kOperationRunning);
  EXPECT_EQ(GetErrorMetadata(refused)["operation"], name);
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  // Others are no matter: several run at once, of one kind and on one mailbox too.
  EXPECT_NE(MustBegin(Request(""))->name(), name);
  EXPECT_NE(MustBegin(Request("00000000000000000000000000000000"))->name(), name);
}

TEST_F(TransferTest, GivesARepeatTheOneThatEnded) {
  const std::string name = MustBegin();
  transfer_->End(absl::OkStatus(), Counts(1));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(MustBegin(), name);
    EXPECT_TRUE(transfer_->already_ended());
    EXPECT_TRUE(transfer_->Report(Counts(7)).ok());
    transfer_->End(absl::CancelledError(), Counts(7));
    EXPECT_EQ(MetadataOf(name).attempts(), 1);
    EXPECT_EQ(MetadataOf(name).counts().done(), 1);
    Open();
  }
  clock_.Advance(Operations::kRequestsKept);
  EXPECT_NE(MustBegin(), name);
  EXPECT_FALSE(transfer_->already_ended());
}

TEST_F(TransferTest, RefusesARequestIdOfSomethingElse) {
  MustBegin();
  transfer_.reset();
  const auto refused = [this](TransferRequest request) {
    return GetInvalidField(operations_->BeginTransfer(request).status());
  };
  TransferRequest other = Request(kRequest);
  other.kind = "ExportMessages";
  EXPECT_EQ(refused(other), "request_id");
  other = Request(kRequest);
  other.resource = "mailboxes/y";
  EXPECT_EQ(refused(other), "request_id");
  other = Request(kRequest);
  other.validate_only = true;
  EXPECT_EQ(refused(other), "request_id");
  EXPECT_EQ(refused(Request("x")), "request_id");
  // Jobs and transfers have their request ids in common.
  constexpr char kJob[] = "ffffffffffffffffffffffffffffffff";
  EXPECT_EQ(GetInvalidField(operations_->Begin(kRequest, google::protobuf::Int64Value()).status()),
            "request_id");
  EXPECT_TRUE(operations_->Begin(kJob, google::protobuf::Int64Value()).ok());
  EXPECT_EQ(refused(Request(kJob)), "request_id");
}

TEST_F(TransferTest, StopsWhenCancelled) {
  const std::string name = MustBegin();
  EXPECT_TRUE(operations_->Cancel(name).ok());
  EXPECT_FALSE(Get(name).done());
  const absl::Status told = transfer_->Report(Counts(2));
  EXPECT_TRUE(absl::IsCancelled(told));
  transfer_->End(told, Counts(2));
  EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kCancelled));
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
  EXPECT_TRUE(operations_->Cancel(name).ok());
}

TEST_F(TransferTest, CancelledIsEndedWhenItsCallGoes) {
  const std::string name = MustBegin();
  EXPECT_TRUE(operations_->Cancel(name).ok());
  transfer_.reset();
  EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kCancelled));
  const std::string killed = MustBegin("");
  EXPECT_TRUE(operations_->Cancel(killed).ok());
  Open();
  EXPECT_EQ(Get(killed).error().code(), CodeOf(absl::StatusCode::kCancelled));
}

TEST_F(TransferTest, EndsAtOnceWhenCancelledBrokenOff) {
  const std::string name = MustBegin();
  transfer_.reset();
  int changes = 0;
  auto subscription = operations_->OnChange([&changes] { ++changes; });
  EXPECT_TRUE(operations_->Cancel(name).ok());
  subscription.reset();
  EXPECT_EQ(changes, 1);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kCancelled));
    EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_ENDED);
    if (i == 0) Open();
  }
  EXPECT_EQ(MustBegin(), name);
  EXPECT_TRUE(transfer_->already_ended());
}

TEST_F(TransferTest, IsBrokenOffByARestart) {
  const std::string name = MustBegin();
  EXPECT_TRUE(transfer_->Report(Counts(1)).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(transfer_->Report(Counts(2)).ok());
  EXPECT_TRUE(transfer_->Report(Counts(3)).ok());
  Open();
  EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_BROKEN_OFF);
  // The third was said within the same second.
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
  EXPECT_EQ(MustBegin(), name);
  EXPECT_EQ(MetadataOf(name).attempts(), 2);
}

TEST_F(TransferTest, IsToldOfTheStop) {
  const std::string name = MustBegin();
  operations_->Stop();
  const absl::Status told = transfer_->Report(Counts(2));
  EXPECT_EQ(GetErrorReason(told), ErrorReason::kDraining);
  transfer_->End(told, Counts(2));
  EXPECT_EQ(GetErrorReason(operations_->BeginTransfer(Request("")).status()),
            ErrorReason::kDraining);
  Open();
  EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_BROKEN_OFF);
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
}

TEST_F(TransferTest, EndsWhenNobodyTakesItOnWithinADay) {
  const std::string name = MustBegin();
  clock_.Advance(Operations::kRequestsKept);
  EXPECT_TRUE(transfer_->Report(Counts(1)).ok());
  transfer_.reset();
  clock_.Advance(Operations::kRequestsKept - absl::Seconds(1));
  EXPECT_FALSE(Get(name).done());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kAborted));
  EXPECT_EQ(StateOf(name), common::v1::TRANSFER_STATE_ENDED);
  Open();
  EXPECT_EQ(operations_->List(UINT64_MAX, 9, false).size(), 0u);
  EXPECT_EQ(Get(name).error().code(), CodeOf(absl::StatusCode::kAborted));
  Open();
  EXPECT_NE(MustBegin(), name);
  EXPECT_EQ(MetadataOf(transfer_->name()).attempts(), 1);
}

TEST_F(TransferTest, RunsSoManyAtATime) {
  std::vector<std::unique_ptr<Transfer>> running;
  for (size_t i = 0; i < Operations::kMaxTransfers; ++i) running.push_back(MustBegin(Request("")));
  const absl::Status refused = operations_->BeginTransfer(Request("")).status();
  EXPECT_EQ(GetErrorReason(refused), ErrorReason::kLimitExceeded);
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  running.pop_back();
  EXPECT_NE(MustBegin(Request("")), nullptr);
}

TEST_F(TransferTest, ForgetsTheOldestThatIsBrokenOff) {
  const std::unique_ptr<Transfer> running = MustBegin(Request(""));
  const std::string first = MustBegin();
  transfer_->End(absl::CancelledError(), Counts(1));
  for (size_t i = 0; i < Operations::kMaxEnded; ++i) {
    MustBegin("");
    transfer_->End(absl::CancelledError(), Counts(1));
  }
  EXPECT_EQ(GetErrorReason(operations_->Get(first).status()), ErrorReason::kOperationNotFound);
  EXPECT_EQ(records_.size(), Operations::kMaxEnded + 1);
  EXPECT_EQ(StateOf(running->name()), common::v1::TRANSFER_STATE_RUNNING);
}

TEST_F(TransferTest, JobsRunBesideIt) {
  const std::string name = MustBegin();
  const absl::StatusOr<Operation> job = operations_->Begin("", google::protobuf::Int64Value());
  ASSERT_TRUE(job.ok()) << job.status();
  Mutex mutex;
  CondVar changed;
  const auto subscription = operations_->OnChange([&] {
    MutexLock lock(&mutex);
    changed.SignalAll();
  });
  {
    MutexLock lock(&mutex);
    while (!Get(job->name()).done()) changed.WaitFor(&mutex, absl::Milliseconds(10));
  }
  EXPECT_FALSE(Get(name).done());
  EXPECT_TRUE(transfer_->Report(Counts(1)).ok());
}

}  // namespace
}  // namespace restante::operations
