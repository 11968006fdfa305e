#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/status.h"
#include "mailstore-service/lmtp/backend/delivery_outcomes.h"
#include "mailstore-service/lmtp/backend/grpc_delivery_backend.h"
#include "restante/mailstore/v1/delivery_service.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/plain_server.h"
#include "tests/support/task_queue.h"

namespace restante::lmtp {
namespace {

using mailstore::v1::DeliverMessageRequest;
using mailstore::v1::DeliverMessageResponse;

// Long enough for every answer that a test waits for; short enough to wait for none.
constexpr absl::Duration kLong = absl::Seconds(60);
constexpr absl::Duration kShort = absl::Milliseconds(300);

grpc::Status ReasonStatus(absl::StatusCode code, ErrorReason reason) {
  return rpc::ToGrpcStatus(MakeError(code, reason, "as the test says"));
}

// What one call of DeliverMessage brought.
struct Received {
  std::vector<std::string> mailbox_ids;
  std::string text;
  int parts = 0;
  std::vector<std::string> delivery_ids;
  bool finished = false;
  bool sound = false;  // size and checksum as told
};

// Reads whole deliveries and answers as the test says; the n-th call gets the n-th answer, those
// after the last are delivered.
class ScriptedStore : public mailstore::v1::DeliveryService::Service {
 public:
  using Answer = std::function<grpc::Status(const Received&, DeliverMessageResponse*)>;

  grpc::Status DeliverMessage(grpc::ServerContext*,
                              grpc::ServerReader<DeliverMessageRequest>* reader,
                              DeliverMessageResponse* response) override {
    Received received;
    DeliverMessageRequest part;
    int64_t size = 0;
    uint32_t crc = 0;
    begun_.Raise();
    while (reader->Read(&part)) {
      if (blocked_ != nullptr) blocked_->Wait();
      ++received.parts;
      const auto& header = part.has_whole() ? part.whole().header() : part.header();
      for (const std::string& id : header.mailbox_ids()) received.mailbox_ids.push_back(id);
      received.text += part.has_whole() ? part.whole().text() : part.text();
      if (!part.has_finish() && !part.has_whole()) continue;
      const auto& finish = part.has_whole() ? part.whole().finish() : part.finish();
      received.finished = true;
      size = finish.size_octets();
      crc = finish.crc32c();
      for (const std::string& id : finish.delivery_ids()) received.delivery_ids.push_back(id);
    }
    received.sound =
        size == static_cast<int64_t>(received.text.size()) && crc == ExtendCrc32c(0, received.text);
    Answer answer = Note(received);
    return answer ? answer(received, response) : Accept(received, response);
  }

  // A mailbox takes up to 100 octets.
  grpc::Status CheckDelivery(grpc::ServerContext*,
                             const mailstore::v1::CheckDeliveryRequest* request,
                             mailstore::v1::CheckDeliveryResponse*) override {
    EXPECT_EQ(request->mailbox_id(), "mbx-a");
    if (request->size_octets() <= 100) return grpc::Status::OK;
    return ReasonStatus(absl::StatusCode::kResourceExhausted, ErrorReason::kQuotaExceeded);
  }

  static grpc::Status Accept(const Received& received, DeliverMessageResponse* response) {
    for (size_t i = 0; i < received.mailbox_ids.size(); ++i) response->add_results();
    return grpc::Status::OK;
  }

  void Script(std::vector<Answer> answers) { answers_ = std::move(answers); }
  // Every part waits for `signal`, which outlives the server.
  void BlockUntil(Signal* signal) { blocked_ = signal; }
  Signal& begun() { return begun_; }
  Signal& ended() { return ended_; }

  std::vector<Received> received() {
    MutexLock lock(&mutex_);
    return received_;
  }

 private:
  Answer Note(const Received& received) {
    MutexLock lock(&mutex_);
    received_.push_back(received);
    ended_.Raise();
    return received_.size() <= answers_.size() ? answers_[received_.size() - 1] : nullptr;
  }

  std::vector<Answer> answers_;
  Signal* blocked_ = nullptr;
  Signal begun_;
  Signal ended_;
  Mutex mutex_;
  std::vector<Received> received_ ABSL_GUARDED_BY(mutex_);
};

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() : logger_("test", log::Level::kDebug, clock_, [](absl::string_view) {}) {}

  GrpcDeliveryOptions Options(absl::Duration deadline = kLong) {
    GrpcDeliveryOptions options;
    options.calls.deadline = deadline;
    options.calls.retry_delay = absl::Milliseconds(1);
    return options;
  }

  void Start(const GrpcDeliveryOptions& options) {
    rpc::PlacementRoutes routes;
    routes.pattern.target = "{placement}";
    routes.pattern.server_name = "{placement}";
    router_ = std::make_unique<rpc::PlacementRouter>(
        routes,
        [this](const rpc::ChannelOptions& to)
            -> absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> {
          if (to.target == "one") return one_server_.MakeChannel();
          if (to.target == "two") return two_server_.MakeChannel();
          return absl::InternalError("no such placement");
        });
    backend_ = std::make_unique<GrpcDeliveryBackend>(
        router_.get(), random_, logger_, registry_.Gauges("restante_test_waiting", "").With(),
        clock_, options);
  }

  void Begin(const std::vector<Mailbox>& mailboxes) {
    delivery_ = backend_->Begin(mailboxes, "0123", queue_.executor(), [this] { room_ = true; });
  }

  std::vector<DeliveryOutcome> Finish(const std::string& fingerprint = "") {
    std::optional<Delivered> delivered;
    delivery_->Finish(fingerprint, [&](Delivered answer) { delivered = std::move(answer); });
    queue_.RunUntil([&] { return delivered.has_value(); });
    return delivered->outcomes;
  }

  FakeClock clock_;
  FakeRandom random_;
  metrics::Registry registry_;
  Signal go_on_;  // what a blocked store waits for
  log::Logger logger_;
  ScriptedStore one_;
  ScriptedStore two_;
  PlainServer one_server_{&one_};
  PlainServer two_server_{&two_};
  TaskQueue queue_;
  std::unique_ptr<rpc::PlacementRouter> router_;
  std::unique_ptr<GrpcDeliveryBackend> backend_;
  bool room_ = false;
  std::unique_ptr<Delivery> delivery_;
};

using Outcomes = std::vector<DeliveryOutcome>;

TEST_F(DeliveryTest, OneCallForEachPlacementAndOneOutcomeForEachMailbox) {
  Start(Options());
  one_.Script({[](const Received&, DeliverMessageResponse* response) {
    response->add_results();
    auto* full = response->add_results()->mutable_status();
    full->ParseFromString(
        ReasonStatus(absl::StatusCode::kResourceExhausted, ErrorReason::kQuotaExceeded)
            .error_details());
    return grpc::Status::OK;
  }});
  Begin({{"a", "one"}, {"b", "two"}, {"c", "one"}});
  delivery_->Write("hello\r\n");
  delivery_->Write("world\r\n");
  EXPECT_EQ(Finish(), (Outcomes{DeliveryOutcome::kDelivered, DeliveryOutcome::kDelivered,
                                DeliveryOutcome::kMailboxFull}));
  ASSERT_EQ(one_.received().size(), 1u);
  ASSERT_EQ(two_.received().size(), 1u);
  EXPECT_EQ(one_.received()[0].mailbox_ids, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(two_.received()[0].mailbox_ids, (std::vector<std::string>{"b"}));
  std::vector<std::string> ids = one_.received()[0].delivery_ids;
  ids.push_back(two_.received()[0].delivery_ids.at(0));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()) - ids.begin(), 3) << "one id for each copy";
  for (ScriptedStore* store : {&one_, &two_}) {
    EXPECT_EQ(store->received()[0].text, "hello\r\nworld\r\n");
    EXPECT_EQ(store->received()[0].parts, 1) << "a small message goes in one part";
    EXPECT_TRUE(store->received()[0].sound);
  }
}

TEST_F(DeliveryTest, WhatHasOneFingerprintIsOneDeliveryForEachMailbox) {
  Start(Options(kShort));
  const auto ids_of = [this](const std::string& fingerprint) {
    Begin({{"a", "one"}, {"c", "one"}});
    delivery_->Write("text\r\n");
    EXPECT_EQ(Finish(fingerprint),
              (Outcomes{DeliveryOutcome::kDelivered, DeliveryOutcome::kDelivered}));
    return one_.received().back().delivery_ids;
  };
  const std::vector<std::string> first = ids_of("f1");
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(ids_of("f1"), first);
  EXPECT_NE(ids_of("f2")[0], first[0]);
  const std::vector<std::string> none = ids_of("");
  EXPECT_NE(ids_of(""), none);
}

TEST_F(DeliveryTest, AsksWhetherAMessageWillBeTaken) {
  Start(Options(kShort));
  const auto check = [this](const char* placement, int64_t octets) {
    std::optional<DeliveryOutcome> outcome;
    backend_->Check({"mbx-a", placement}, octets, queue_.executor(),
                    [&](DeliveryChecked checked) { outcome = checked.outcome; });
    queue_.RunUntil([&] { return outcome.has_value(); });
    return *outcome;
  };
  EXPECT_EQ(check("one", 100), DeliveryOutcome::kDelivered);
  EXPECT_EQ(check("one", 101), DeliveryOutcome::kMailboxFull);
  EXPECT_EQ(check("nowhere", 1), DeliveryOutcome::kUnavailable);
  const absl::Status deleted =
      MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMailboxDeleted, "");
  EXPECT_EQ(ToOutcome(deleted), DeliveryOutcome::kMailboxDeleted);
  two_server_.Stop();
  EXPECT_EQ(check("two", 1), DeliveryOutcome::kUnavailable);
}

TEST_F(DeliveryTest, EmptyMessage) {
  Start(Options());
  Begin({{"a", "one"}});
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
  EXPECT_TRUE(one_.received()[0].finished && one_.received()[0].sound);
}

TEST_F(DeliveryTest, RepeatsWithTheSameIdsWhenTheStoreIsAway) {
  Start(Options());
  auto away = [](const Received&, DeliverMessageResponse*) {
    return ReasonStatus(absl::StatusCode::kUnavailable, ErrorReason::kDraining);
  };
  auto cut = [](const Received&, DeliverMessageResponse*) {
    return grpc::Status(grpc::StatusCode::CANCELLED, "cut");
  };
  one_.Script({away, cut, away});
  Begin({{"a", "one"}, {"b", "one"}});
  delivery_->Write("text\r\n");
  EXPECT_EQ(Finish(), (Outcomes{DeliveryOutcome::kDelivered, DeliveryOutcome::kDelivered}));
  std::vector<Received> received = one_.received();
  ASSERT_EQ(received.size(), 4u);
  for (const Received& one : received) {
    EXPECT_EQ(one.delivery_ids, received[0].delivery_ids);
    EXPECT_EQ(one.text, "text\r\n");
    EXPECT_TRUE(one.sound);
  }
}

TEST_F(DeliveryTest, DoesNotRepeatWhatTheStoreRefused) {
  Start(Options());
  auto refuse = [](absl::StatusCode code, ErrorReason reason) {
    return [code, reason](const Received&, DeliverMessageResponse*) {
      return ReasonStatus(code, reason);
    };
  };
  one_.Script({refuse(absl::StatusCode::kInvalidArgument, ErrorReason::kMessageTooLarge),
               refuse(absl::StatusCode::kResourceExhausted, ErrorReason::kStoreFull),
               refuse(absl::StatusCode::kPermissionDenied, ErrorReason::kRoleMissing)});
  for (DeliveryOutcome expected :
       {DeliveryOutcome::kTooLarge, DeliveryOutcome::kStoreFull, DeliveryOutcome::kUnavailable}) {
    Begin({{"a", "one"}});
    EXPECT_EQ(Finish(), Outcomes{expected});
  }
  EXPECT_EQ(one_.received().size(), 3u);
}

TEST_F(DeliveryTest, AnAnswerForAnotherNumberOfMailboxesIsNone) {
  Start(Options());
  one_.Script({[](const Received&, DeliverMessageResponse* response) {
    response->add_results();
    return grpc::Status::OK;
  }});
  Begin({{"a", "one"}, {"b", "one"}});
  EXPECT_EQ(Finish(), (Outcomes{DeliveryOutcome::kUnavailable, DeliveryOutcome::kUnavailable}));
}

TEST_F(DeliveryTest, ALongMessageIsNotRepeated) {
  GrpcDeliveryOptions options = Options();
  options.repeatable_octets = 10;
  Start(options);
  one_.Script({[](const Received&, DeliverMessageResponse*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
  }});
  Begin({{"a", "one"}});
  delivery_->Write("12345678\r\n");
  delivery_->Write("9\r\n");
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kUnavailable});
  EXPECT_EQ(one_.received().size(), 1u);
  Begin({{"a", "one"}});
  delivery_->Write("again\r\n");
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
}

TEST_F(DeliveryTest, BridgesARestartOfTheStore) {
  Start(Options());
  one_server_.Stop();
  Begin({{"a", "one"}});
  delivery_->Write("text\r\n");
  one_server_.Start();
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
}

TEST_F(DeliveryTest, GivesUpOnAStoreThatStaysAwayAndDeliversToTheOther) {
  Start(Options(kShort));
  one_server_.Stop();
  Begin({{"a", "one"}, {"b", "two"}, {"c", "nowhere"}});
  delivery_->Write("text\r\n");
  EXPECT_EQ(Finish(), (Outcomes{DeliveryOutcome::kUnavailable, DeliveryOutcome::kDelivered,
                                DeliveryOutcome::kUnavailable}));
  one_server_.Start();
  backend_.reset();
  Start(Options());
  Begin({{"a", "one"}});
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
}

TEST_F(DeliveryTest, GivesUpOnAStoreThatDoesNotAnswer) {
  one_.BlockUntil(&go_on_);
  Start(Options(kShort));
  Begin({{"a", "one"}});
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kUnavailable});
  go_on_.Raise();
}

TEST_F(DeliveryTest, EveryStreamEndedBeforeFinish) {
  Start(Options());
  Begin({{"a", "nowhere"}});
  delivery_->Write("text\r\n");
  EXPECT_TRUE(delivery_->has_room());
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kUnavailable});
}

TEST_F(DeliveryTest, ASlowStoreSlowsTheClientDown) {
  one_.BlockUntil(&go_on_);
  Start(Options());
  Begin({{"a", "one"}});
  const std::string piece(16'384, 'x');
  int written = 0;
  for (; written < 10'000 && delivery_->has_room(); ++written) delivery_->Write(piece);
  EXPECT_LT(written, 10'000);
  EXPECT_FALSE(room_);
  go_on_.Raise();
  queue_.RunUntil([this] { return room_; });
  EXPECT_TRUE(delivery_->has_room());
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
  EXPECT_EQ(one_.received()[0].text.size(), static_cast<size_t>(written) * piece.size());
  EXPECT_TRUE(one_.received()[0].sound);
}

TEST_F(DeliveryTest, OneMailboxsMessagesTakeTurns) {
  one_.BlockUntil(&go_on_);
  GrpcDeliveryOptions options = Options();
  options.deliveries_per_mailbox = 1;
  Start(options);
  const auto deliver = [this](const std::string& mailbox, const std::string& placement) {
    Begin({{mailbox, placement}});
    delivery_->Write(mailbox + "\r\n");
    return std::move(delivery_);
  };
  int stored = 0;
  const auto count = [&stored](const Delivered& delivered) {
    EXPECT_EQ(delivered.outcomes, Outcomes{DeliveryOutcome::kDelivered});
    ++stored;
  };
  std::unique_ptr<Delivery> first = deliver("a", "one");
  std::unique_ptr<Delivery> second = deliver("a", "one");
  std::unique_ptr<Delivery> given_up = deliver("a", "one");
  first->Finish("", count);
  given_up->Finish("", count);
  second->Finish("", count);
  EXPECT_THAT(registry_.Render(), testing::HasSubstr("restante_test_waiting 2\n"));
  given_up.reset();
  std::unique_ptr<Delivery> other = deliver("b", "two");
  other->Finish("", count);
  queue_.RunUntil([&] { return stored == 1; });
  EXPECT_EQ(two_.received().size(), 1u);
  go_on_.Raise();
  queue_.RunUntil([&] { return stored == 3; });
  EXPECT_EQ(one_.received().size(), 2u);
  EXPECT_THAT(registry_.Render(), testing::HasSubstr("restante_test_waiting 0\n"));
}

TEST_F(DeliveryTest, WaitingForATurnEndsWithTheDeadline) {
  one_.BlockUntil(&go_on_);
  GrpcDeliveryOptions options = Options(kShort);
  options.deliveries_per_mailbox = 1;
  Start(options);
  Begin({{"a", "one"}});
  std::unique_ptr<Delivery> first = std::move(delivery_);
  bool answered = false;
  first->Finish("", [&answered](const Delivered&) { answered = true; });
  Begin({{"a", "one"}});
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kUnavailable});
  queue_.RunUntil([&] { return answered; });
  go_on_.Raise();
  Begin({{"a", "one"}});
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
}

TEST_F(DeliveryTest, ALongMessageGoesAsItComesAndOutOfTurn) {
  GrpcDeliveryOptions options = Options();
  options.repeatable_octets = 10;
  options.deliveries_per_mailbox = 1;
  Start(options);
  Begin({{"a", "one"}});
  delivery_->Write("twelve octets");
  one_.begun().Wait();
  std::unique_ptr<Delivery> slow = std::move(delivery_);
  Begin({{"a", "one"}});
  delivery_->Write("small\r\n");
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
  delivery_ = std::move(slow);
  EXPECT_EQ(Finish(), Outcomes{DeliveryOutcome::kDelivered});
}

TEST_F(DeliveryTest, AbandonedMessageIsNeverFinished) {
  GrpcDeliveryOptions options = Options();
  options.repeatable_octets = 3;
  Start(options);
  Begin({{"a", "one"}});
  delivery_->Write("half");
  one_.begun().Wait();
  delivery_.reset();
  one_.ended().Wait();
  EXPECT_FALSE(one_.received()[0].finished);
}

TEST_F(DeliveryTest, EndsWithADeliveryUnderWay) {
  one_.BlockUntil(&go_on_);
  Start(Options());
  Begin({{"a", "one"}});
  bool answered = false;
  delivery_->Finish("", [&](const Delivered&) { answered = true; });
  one_.begun().Wait();
  delivery_.reset();
  backend_.reset();
  go_on_.Raise();
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace restante::lmtp
