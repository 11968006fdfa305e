#include "mailstore-service/lmtp/io/lmtp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/app/system_random.h"
#include "common/base/mutex.h"
#include "tests/support/event_record.h"
#include "tests/support/fake_clock.h"
#include "tests/support/stream_client.h"

namespace restante::lmtp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// "b@y" and "c@y" are known; "away@y" cannot be decided; "held@y" is answered when the test wants.
class ScriptedAuth : public RecipientResolver {
 public:
  void Resolve(const std::string& address, net::Executor executor, Done done) override {
    Event answer = RecipientUnknown();
    if (address == "b@y" || address == "held@y") answer = RecipientFound{"mbx-b", "one"};
    if (address == "c@y") answer = RecipientFound{"mbx-c", "two"};
    if (address == "away@y") answer = RecipientUndecided();
    net::Task task = [done = std::move(done), answer]() mutable { std::move(done)(answer); };
    if (address != "held@y") return executor(std::move(task));
    held_ = std::move(task);
    record.Add("held");
  }
  void Release(const net::Executor& executor) { executor(std::move(held_)); }

  EventRecord record;

 private:
  net::Task held_;
};

// Keeps what is delivered; holds answers and room back when told to.
class ScriptedStore : public DeliveryBackend {
 public:
  std::unique_ptr<Delivery> Begin(const std::vector<Mailbox>& mailboxes, const std::string&,
                                  net::Executor executor, std::function<void()> on_room) override {
    return std::make_unique<Message>(this, mailboxes.size(), std::move(executor),
                                     std::move(on_room));
  }

  void Check(const Mailbox& mailbox, int64_t size_octets, net::Executor executor,
             Checked checked) override {
    record.Add(absl::StrCat("checked ", mailbox.mailbox_id, " ", size_octets));
    const DeliveryOutcome outcome =
        mailbox.mailbox_id == "mbx-c" ? DeliveryOutcome::kMailboxFull : DeliveryOutcome::kDelivered;
    executor([checked = std::move(checked), outcome]() mutable { std::move(checked)({outcome}); });
  }

  // "begun", "finished TEXT", "dropped", "checked MAILBOX OCTETS"
  EventRecord record;
  std::atomic<bool> has_room = true;
  std::atomic<bool> answers = true;
  std::atomic<int64_t> written_octets = 0;
  std::vector<std::string> fingerprints;  // looked at when nothing is under way

  // Room for the message under way, or the answer to it.
  void GiveRoom() {
    has_room = true;
    WithMessage([](Message* message) { message->on_room(); });
  }
  void Answer() {
    WithMessage([](Message* message) { message->Answer(); });
  }

 private:
  struct Message : public Delivery {
    Message(ScriptedStore* of, size_t count, net::Executor on, std::function<void()> room)
        : store(*of), mailboxes(count), executor(std::move(on)), on_room(std::move(room)) {
      store.message_ = this;
      store.record.Add("begun");
    }
    ~Message() override {
      if (!finished) store.record.Add("dropped");
    }
    void Write(std::string piece) override {
      text += piece;
      store.written_octets += static_cast<int64_t>(piece.size());
    }
    bool has_room() const override { return store.has_room; }
    void Finish(const std::string& fingerprint, Done when_done) override {
      finished = true;
      store.fingerprints.push_back(fingerprint);
      done = std::move(when_done);
      store.record.Add(absl::StrCat("finished ", text));
      if (store.answers) Answer();
    }
    void Answer() {
      executor([answer = std::move(done), count = mailboxes]() mutable {
        std::move(answer)(
            Delivered{std::vector<DeliveryOutcome>(count, DeliveryOutcome::kDelivered)});
      });
    }

    ScriptedStore& store;
    const size_t mailboxes;
    const net::Executor executor;
    const std::function<void()> on_room;
    std::string text;
    bool finished = false;
    Done done;
  };

  void WithMessage(std::function<void(Message*)> action) {
    Message* message = message_;
    message->executor([message, action = std::move(action)] { action(message); });
  }

  std::atomic<Message*> message_ = nullptr;
};

class LmtpServerTest : public testing::Test {
 protected:
  LmtpServerTest() : logger_("test", log::Level::kDebug, clock_, [](absl::string_view) {}) {
    options_.addresses = {"127.0.0.1:0"};
    options_.session.host_name = "in.example";
  }

  void Start() {
    auto server = LmtpServer::Listen(
        options_, {auth_, store_, clock_, random_, logger_, metrics_, deadlines_, keep_identical_},
        loops_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Serve();
  }

  std::unique_ptr<StreamClient> Connect() {
    auto client = std::make_unique<StreamClient>(server_->ports().front());
    EXPECT_TRUE(client->connected());
    return client;
  }
  // Connected, with DATA begun for `recipients`.
  std::unique_ptr<StreamClient> BeginMessage() {
    std::unique_ptr<StreamClient> client = Connect();
    client->Send("LHLO mx.example\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
    std::string line;
    do {
      line = client->ReceiveLine();
    } while (!line.empty() && !absl::StartsWith(line, "354"));
    EXPECT_EQ(store_.record.Next(), "begun");
    return client;
  }

  FakeClock clock_;
  app::SystemRandom random_;
  log::Logger logger_;
  metrics::Registry registry_;
  LmtpMetrics metrics_{&registry_};
  ScriptedAuth auth_;
  ScriptedStore store_;
  net::EventLoopGroup loops_{2};
  LmtpServerOptions options_;
  ClientDeadlines deadlines_;
  bool keep_identical_ = false;
  std::unique_ptr<LmtpServer> server_;
};

TEST_F(LmtpServerTest, ARepeatHasTheFingerprintOfTheFirst) {
  const auto deliver = [this](const std::string& sender, const std::string& text) {
    auto client = Connect();
    client->Send("LHLO mx.example\r\nMAIL FROM:<" + sender + ">\r\nRCPT TO:<b@y>\r\nDATA\r\n" +
                 text + "\r\n.\r\nQUIT\r\n");
    while (!client->ReceiveLine().empty()) continue;
    return store_.fingerprints.back();
  };
  Start();
  const std::string first = deliver("a@x", "text");
  EXPECT_EQ(first.size(), 32u);
  // The time and the connection are others.
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(deliver("a@x", "text"), first);
  EXPECT_NE(deliver("a@x", "texT"), first);
  EXPECT_NE(deliver("b@x", "text"), first);
  EXPECT_NE(deliver("a@xt", "ext"), first);
}

TEST_F(LmtpServerTest, IdenticalMessagesAreKeptWhenThatIsWanted) {
  keep_identical_ = true;
  Start();
  auto client = BeginMessage();
  client->Send("text\r\n.\r\nQUIT\r\n");
  while (!client->ReceiveLine().empty()) continue;
  EXPECT_EQ(store_.fingerprints, std::vector<std::string>({""}));
}

TEST_F(LmtpServerTest, DeliversWithTraceFields) {
  Start();
  auto client = Connect();
  client->Send(
      "LHLO mx.example\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<nobody@y>\r\n"
      "RCPT TO:<away@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n");
  client->Send("Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
  std::string said = client->ReceiveRest();
  EXPECT_THAT(said, StartsWith("220 in.example LMTP"));
  EXPECT_THAT(said, HasSubstr("\r\n550 5.1.1"));
  EXPECT_THAT(said, HasSubstr("\r\n451 4.4.3"));
  EXPECT_THAT(said, EndsWith("250 2.1.5 <b@y> Delivered\r\n250 2.1.5 <c@y> Delivered\r\n"
                             "221 2.0.0 Bye\r\n"));
  EXPECT_EQ(store_.record.Next(), "begun");
  std::string stored = store_.record.Next();
  EXPECT_THAT(stored, StartsWith("finished Return-Path: <a@x>\r\n"
                                 "Received: from mx.example ([127.0.0.1])\r\n"
                                 "\tby in.example with LMTP id "));
  EXPECT_THAT(stored, EndsWith("\r\nSubject: x\r\n\r\n.dot\r\n"));
}

TEST_F(LmtpServerTest, ClientThatHalfClosesIsStillAnswered) {
  Start();
  store_.answers = false;
  auto client = BeginMessage();
  client->Send("x\r\n.\r\n");
  client->FinishSending();
  EXPECT_THAT(store_.record.Next(), EndsWith("x\r\n"));
  store_.Answer();
  EXPECT_EQ(client->ReceiveRest(), "250 2.1.5 <b@y> Delivered\r\n");
}

TEST_F(LmtpServerTest, AsksBeforeALargeMessageIsSent) {
  Start();
  auto client = Connect();
  client->Send(
      "LHLO c\r\nMAIL FROM:<a@x> SIZE=70000\r\nRCPT TO:<c@y>\r\nRCPT TO:<b@y>\r\nQUIT\r\n");
  const std::string said = client->ReceiveRest();
  EXPECT_THAT(said, HasSubstr("552 5.2.2 <c@y> Mailbox full\r\n250 2.1.5 Recipient OK\r\n"));
  EXPECT_EQ(store_.record.Next(), "checked mbx-c 70000");
  EXPECT_EQ(store_.record.Next(), "checked mbx-b 70000");
}

TEST_F(LmtpServerTest, ClientThatLeavesWithinAMessageStoresNothing) {
  Start();
  auto client = BeginMessage();
  client->Send("half\r\n");
  client.reset();
  EXPECT_EQ(store_.record.Next(), "dropped");
}

TEST_F(LmtpServerTest, ClientWaitsForASlowStore) {
  Start();
  store_.has_room = false;
  auto client = BeginMessage();
  constexpr int64_t kOctets = 64 << 20;
  std::thread sender([&client] {
    const std::string line = std::string(998, 'x') + "\r\n";
    for (int64_t sent = 0; sent < kOctets - 2000; sent += 1000) client->Send(line);
    client->Send(".\r\n");
  });
  // A second client is served meanwhile, on the same loops.
  for (int i = 0; i < 4; ++i) {
    auto other = Connect();
    other->Send("QUIT\r\n");
    EXPECT_THAT(other->ReceiveRest(), EndsWith("221 2.0.0 Bye\r\n"));
  }
  EXPECT_LE(store_.written_octets, 64 * 1024);
  store_.GiveRoom();
  EXPECT_EQ(client->ReceiveLine(), "250 2.1.5 <b@y> Delivered\r\n");
  sender.join();
}

TEST_F(LmtpServerTest, ClientThatReadsNothingIsCutOff) {
  deadlines_.stall = absl::Milliseconds(50);
  Start();
  auto client = Connect();
  // More answers than the kernel's buffers hold; sending ends when the server closes.
  std::string noops;
  for (int i = 0; i < 1000; ++i) noops += "NOOP\r\n";
  while (client->Send(noops)) {
  }
}

TEST_F(LmtpServerTest, IdleClientIsToldAndClosed) {
  deadlines_.idle = absl::Milliseconds(200);
  Start();
  auto client = Connect();
  EXPECT_THAT(client->ReceiveRest(), EndsWith("421 4.4.2 Nothing came for too long\r\n"));
  auto within = BeginMessage();
  EXPECT_EQ(within->ReceiveRest(), "421 4.4.2 Nothing came for too long\r\n");
  EXPECT_EQ(store_.record.Next(), "dropped");
}

TEST_F(LmtpServerTest, TooManyConnectionsAreToldToComeAgain) {
  options_.max_connections = 1;
  Start();
  auto first = Connect();
  EXPECT_THAT(first->ReceiveLine(), StartsWith("220"));
  auto second = Connect();
  EXPECT_EQ(second->ReceiveRest(), "421 4.3.2 Too many connections\r\n");
  first->Send("NOOP\r\n");
  EXPECT_EQ(first->ReceiveLine(), "250 2.0.0 OK\r\n");
}

TEST_F(LmtpServerTest, DrainFinishesTheMessageUnderWay) {
  Start();
  auto idle = Connect();
  EXPECT_THAT(idle->ReceiveLine(), StartsWith("220"));
  auto client = BeginMessage();
  client->Send("first half\r\n");
  std::thread drain([this] { server_->Drain(absl::Minutes(1)); });
  EXPECT_THAT(idle->ReceiveRest(), StartsWith("421 4.3.2"));
  idle.reset();
  client->Send("second half\r\n.\r\n");
  EXPECT_EQ(client->ReceiveLine(), "250 2.1.5 <b@y> Delivered\r\n");
  EXPECT_THAT(client->ReceiveRest(), StartsWith("421 4.3.2"));
  client.reset();
  drain.join();
  EXPECT_FALSE(StreamClient(server_->ports().front()).connected());
}

TEST_F(LmtpServerTest, DrainCutsTheMessageThatTakesTooLong) {
  Start();
  auto client = BeginMessage();
  server_->Drain(absl::Milliseconds(10));
  EXPECT_EQ(store_.record.Next(), "dropped");
  EXPECT_EQ(client->ReceiveRest(), "");
}

TEST_F(LmtpServerTest, LateAnswerToAClientThatLeftIsDropped) {
  Start();
  auto client = Connect();
  client->Send("LHLO mx.example\r\nMAIL FROM:<a@x>\r\nRCPT TO:<held@y>\r\n");
  EXPECT_EQ(auth_.record.Next(), "held");
  std::thread drain([this] { server_->Drain(absl::Minutes(1)); });
  EXPECT_THAT(client->ReceiveRest(), EndsWith("connect again later\r\n"));
  client.reset();
  drain.join();
  auth_.Release(loops_.loop(0).executor());
}

}  // namespace
}  // namespace restante::lmtp
