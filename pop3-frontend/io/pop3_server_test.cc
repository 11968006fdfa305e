#include "pop3-frontend/io/pop3_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/base/error_reason.h"
#include "common/base/mutex.h"
#include "tests/support/event_record.h"
#include "tests/support/stream_client.h"
#include "tests/support/test_pki.h"

namespace restante::pop3 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Lets a call be answered when the test wants it.
class HeldAnswers {
 public:
  void Hold() { holding_ = true; }
  void Answer(net::Executor executor, net::Task answer) {
    if (!holding_) return executor(std::move(answer));
    MutexLock lock(&mutex_);
    held_.emplace_back(std::move(executor), std::move(answer));
    changed_.SignalAll();
  }
  void ReleaseOne() {
    MutexLock lock(&mutex_);
    while (held_.empty()) changed_.Wait(&mutex_);
    held_.front().first(std::move(held_.front().second));
    held_.pop_front();
  }

 private:
  std::atomic<bool> holding_ = false;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::pair<net::Executor, net::Task>> held_ ABSL_GUARDED_BY(mutex_);
};

// Password "right" is right, "slow" is refused after a while, "late and right" is right after one,
// "away" cannot be decided.
class ScriptedAuth : public AuthBackend {
 public:
  void Begin(const LogonAttempt& attempt, BeginLogon logon, net::Executor executor,
             Done done) override {
    record.Add(absl::StrCat(logon.mechanism, " ", attempt.channel.client_address, " ",
                            attempt.channel.tls ? attempt.channel.tls->version : "clear"));
    if (attempt.channel.tls) {
      bindings.Add(
          absl::StrCat(attempt.channel.tls->server_end_point, " ", attempt.channel.tls->exporter));
    }
    auto answer = Decide(logon.initial_response->view());
    held.Answer(std::move(executor),
                [done = std::move(done), answer]() mutable { std::move(done)(std::move(answer)); });
  }
  void Continue(const LogonAttempt&, ContinueLogon, net::Executor, Done) override { FAIL(); }

  EventRecord record;
  EventRecord bindings;  // of logons inside TLS
  HeldAnswers held;

 private:
  static absl::StatusOr<LogonAnswer> Decide(absl::string_view response) {
    if (absl::EndsWith(response, "late and right")) {
      return AuthAccepted{"accounts/a",  "john",  "m1",
                          "mailstore-0", "grant", absl::Milliseconds(5)};
    }
    if (absl::EndsWith(response, "right")) {
      return AuthAccepted{"accounts/a", "john", "m1", "mailstore-0", "grant"};
    }
    if (absl::EndsWith(response, "away")) return absl::UnavailableError("away");
    absl::Duration delay = absl::Milliseconds(absl::EndsWith(response, "slow") ? 5 : 0);
    return AuthRejected{RefusalReason::kCredentials, "7F3A-22Q9", delay};
  }
};

struct ScriptedStore : public MaildropBackend {
  class Drop : public Maildrop {
   public:
    Drop(ScriptedStore* store, net::Executor executor) : store_(*store), executor_(executor) {}
    ~Drop() override {
      if (!closed_) store_.record.Add("let go");
    }
    void Read(uint64_t message_id, std::optional<int32_t>, ChunkDone done) override {
      position_ = 0;
      message_id_ = message_id;
      ReadMore(std::move(done));
    }
    void ReadMore(ChunkDone done) override {
      absl::StatusOr<BodyChunk> chunk = store_.bodies.at(message_id_).at(position_++);
      ++store_.chunks_asked;
      executor_([chunk, done = std::move(done), weak = std::weak_ptr<int>(alive_)]() mutable {
        if (!weak.expired()) std::move(done)(std::move(chunk));
      });
    }
    void Close(const CloseMaildrop& close, CloseDone done) override {
      closed_ = true;
      store_.record.Add(absl::StrCat("close ", close.delete_message_ids.size()));
      store_.held_closes.Answer(executor_,
                                [done = std::move(done), status = store_.close_status]() mutable {
                                  std::move(done)(status);
                                });
    }

   private:
    ScriptedStore& store_;
    const net::Executor executor_;
    const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    uint64_t message_id_ = 0;
    size_t position_ = 0;
    bool closed_ = false;
  };

  void Open(OpenRequest, net::Executor executor, net::Task on_lease_lost, Done done) override {
    lose_lease = [executor, lost = std::make_shared<net::Task>(std::move(on_lease_lost))] {
      executor([lost] { std::move (*lost)(); });
    };
    absl::StatusOr<OpenedMaildrop> opened = OpenedMaildrop();
    if (open_status.ok()) {
      opened = OpenedMaildrop{messages, std::make_unique<Drop>(this, executor)};
    } else {
      opened = open_status;
    }
    record.Add("open");
    held_opens.Answer(executor, [done = std::move(done), opened = std::move(opened)]() mutable {
      std::move(done)(std::move(opened));
    });
  }

  std::vector<MaildropMessage> messages;
  std::map<uint64_t, std::vector<absl::StatusOr<BodyChunk>>> bodies;
  absl::Status open_status;
  absl::Status close_status;
  std::atomic<int> chunks_asked = 0;
  std::function<void()> lose_lease;
  HeldAnswers held_opens;
  HeldAnswers held_closes;
  EventRecord record;
};

class FixedPolicy : public PolicySource {
 public:
  std::shared_ptr<const MechanismPolicy> Current() const override { return policy_; }

 private:
  const std::shared_ptr<const MechanismPolicy> policy_ =
      std::make_shared<MechanismPolicy>(MechanismPolicy{{{"PLAIN", true, true, true}}});
};

class Pop3ServerTest : public testing::Test {
 protected:
  Pop3ServerTest() {
    TestCertificate files = pki_.Issue("pop3", {"pop3.example"}, {});
    tls_ = *net::TlsContextSource::Load({{{files.certificate, files.private_key}}, nullptr});
    listeners_ = {{"127.0.0.1:0", {}}, {"127.0.0.1:0", {}}};
    listeners_[0].traits.development_mode = true;
    listeners_[1].traits.implicit_tls = true;
    store_.messages = {{1, 12, "u1"}, {2, 5, "u2"}};
    store_.bodies[1] = {BodyChunk{"a: b\r\n\r\n.dot\r\n", true}};
    store_.bodies[2] = {BodyChunk{"half", false}, absl::UnavailableError("broken")};
  }

  void Serve() {
    settings_source_.Replace(settings_);
    auto server = Pop3Server::Listen(
        listeners_,
        {auth_, store_, policy_, random_, logger_, metrics_, tls_.get(), settings_source_, totals_},
        loops_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    server_->Serve();
  }

  std::unique_ptr<StreamClient> Connect() {
    auto client = std::make_unique<StreamClient>(server_->ports()[0]);
    EXPECT_EQ(client->ReceiveLine(), "+OK Restante ready\r\n");
    return client;
  }

  static std::string Ask(StreamClient* client, const std::string& line) {
    EXPECT_TRUE(client->Send(line + "\r\n"));
    return client->ReceiveLine();
  }

  std::unique_ptr<StreamClient> LogOn() {
    auto client = Connect();
    EXPECT_EQ(Ask(client.get(), "USER john"), "+OK Send PASS\r\n");
    EXPECT_THAT(Ask(client.get(), "PASS right"), StartsWith("+OK 2 messages"));
    EXPECT_EQ(store_.record.Next(), "open");
    return client;
  }

  void Pause(absl::Duration duration) {
    EventRecord over;
    net::Timer timer;
    loops_.loop(0).Post([&] { timer = loops_.loop(0).After(duration, [&] { over.Add(""); }); });
    over.Next();
  }

  TestPki pki_;
  std::unique_ptr<net::TlsContextSource> tls_;
  app::SystemClock clock_;
  app::SystemRandom random_;
  EventRecord log_;
  log::Logger logger_{"test", log::Level::kInfo, clock_,
                      [this](absl::string_view line) { log_.Add(std::string(line)); }};
  metrics::Registry registry_;
  SessionMetrics metrics_{&registry_};
  net::EventLoopGroup loops_{2};
  ScriptedAuth auth_;
  ScriptedStore store_;
  FixedPolicy policy_;
  std::vector<ListenerOptions> listeners_;
  ClientSettings settings_;
  ClientSettingsSource settings_source_{settings_};
  ClientTotals totals_;
  std::unique_ptr<Pop3Server> server_;
};

TEST_F(Pop3ServerTest, GivesAMessageAndDeletesItByQuit) {
  Serve();
  auto client = LogOn();
  EXPECT_EQ(auth_.record.Next(), "PLAIN 127.0.0.1 clear");
  EXPECT_EQ(Ask(client.get(), "RETR 1"), "+OK 12 octets\r\n");
  const std::string text = "a: b\r\n\r\n..dot\r\n.\r\n";
  EXPECT_EQ(client->Receive(text.size()), text);
  EXPECT_EQ(Ask(client.get(), "DELE 1"), "+OK Marked as deleted\r\n");
  EXPECT_EQ(Ask(client.get(), "QUIT"), "+OK Bye\r\n");
  EXPECT_EQ(client->ReceiveRest(), "");
  EXPECT_EQ(store_.record.Next(), "close 1");
  EXPECT_THAT(registry_.Render(), HasSubstr("restante_pop3_messages_deleted_total 1"));
}

TEST_F(Pop3ServerTest, AnswersPipelinedCommandsOfAClientThatSaysNoMore) {
  Serve();
  auto client = Connect();
  client->Send("USER john\r\nPASS right\r\nSTAT\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
  client->FinishSending();
  std::string all = client->ReceiveRest();
  EXPECT_THAT(all, testing::EndsWith("..dot\r\n.\r\n+OK\r\n+OK Bye\r\n"));
}

TEST_F(Pop3ServerTest, SpeaksTlsFromTheStartOrAfterStls) {
  Serve();
  StreamClient pop3s(server_->ports()[1]);
  ASSERT_TRUE(pop3s.StartTls(TLS1_3_VERSION));
  EXPECT_EQ(pop3s.ReceiveLine(), "+OK Restante ready\r\n");
  Ask(&pop3s, "USER john");
  EXPECT_THAT(Ask(&pop3s, "PASS right"), StartsWith("+OK"));
  EXPECT_EQ(auth_.record.Next(), "PLAIN 127.0.0.1 TLSv1.3");

  auto stls = Connect();
  EXPECT_THAT(Ask(stls.get(), "STLS"), StartsWith("+OK"));
  ASSERT_TRUE(stls->StartTls(TLS1_2_VERSION));
  Ask(stls.get(), "USER john");
  EXPECT_THAT(Ask(stls.get(), "PASS right"), StartsWith("+OK"));
  EXPECT_EQ(auth_.record.Next(), "PLAIN 127.0.0.1 TLSv1.2");
}

// What the client itself sees, as RFC 5929 section 4.1 and RFC 9266 have it.
std::string BindingsSeenBy(const StreamClient& client) {
  unsigned char hash[32];
  unsigned int hash_octets = 0;
  X509* certificate = SSL_get_peer_certificate(client.ssl());
  EXPECT_EQ(X509_digest(certificate, EVP_sha256(), hash, &hash_octets), 1);
  X509_free(certificate);
  constexpr absl::string_view kLabel = "EXPORTER-Channel-Binding";
  unsigned char secret[32];
  EXPECT_EQ(SSL_export_keying_material(client.ssl(), secret, sizeof(secret), kLabel.data(),
                                       kLabel.size(), nullptr, 0, 1),
            1);
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(hash), hash_octets), " ",
                      absl::string_view(reinterpret_cast<const char*>(secret), sizeof(secret)));
}

TEST_F(Pop3ServerTest, BindsEachLogonToItsOwnConnection) {
  Serve();
  StreamClient one(server_->ports()[1]);
  StreamClient other(server_->ports()[1]);
  for (StreamClient* client : {&one, &other}) {
    ASSERT_TRUE(client->StartTls(TLS1_3_VERSION));
    client->ReceiveLine();
  }
  ASSERT_NE(BindingsSeenBy(one), BindingsSeenBy(other));
  for (StreamClient* client : {&other, &one}) {
    Ask(client, "USER john");
    EXPECT_THAT(Ask(client, "PASS right"), StartsWith("+OK"));
    EXPECT_EQ(auth_.bindings.Next(), BindingsSeenBy(*client));
  }
}

TEST_F(Pop3ServerTest, CutsCommandsSentAheadOfTls) {
  Serve();
  auto client = Connect();
  client->Send("STLS\r\nUSER mallory\r\n");
  EXPECT_THAT(client->ReceiveRest(), testing::Not(HasSubstr("Send PASS")));
}

TEST_F(Pop3ServerTest, NeverEndsAHalfMessageAsIfItWereWhole) {
  Serve();
  auto client = LogOn();
  EXPECT_EQ(Ask(client.get(), "RETR 2"), "+OK 5 octets\r\n");
  EXPECT_EQ(client->ReceiveRest(), "half");
  EXPECT_EQ(store_.record.Next(), "let go");
}

TEST_F(Pop3ServerTest, FetchesNoFasterThanTheClientReads) {
  constexpr size_t kChunks = 200;
  constexpr size_t kChunkOctets = 256 * 1024;
  std::string line = std::string(98, 'x') + "\r\n";
  std::string text;
  while (text.size() < kChunkOctets) text += line;
  store_.messages = {{3, static_cast<int64_t>(kChunks * text.size()), "u3"}, {4, 1, "u4"}};
  store_.bodies[3].assign(kChunks, BodyChunk{text, false});
  store_.bodies[3].push_back(BodyChunk{"", true});
  Serve();
  auto client = LogOn();
  EXPECT_THAT(Ask(client.get(), "RETR 1"), StartsWith("+OK"));
  // Each turn of a loop is time enough for one chunk.
  for (size_t turn = 0; turn < 2 * kChunks * loops_.size(); ++turn) {
    EventRecord passed;
    loops_.loop(turn % loops_.size()).Post([&] { passed.Add(""); });
    passed.Next();
  }
  // The kernel's buffers take some megabytes; what is asked for beyond them would be memory.
  EXPECT_LT(store_.chunks_asked, 64);
  EXPECT_EQ(client->Receive(kChunks * text.size()).size(), kChunks * text.size());
  EXPECT_EQ(client->Receive(3), ".\r\n");
  EXPECT_EQ(store_.chunks_asked, static_cast<int>(kChunks) + 1);
  EXPECT_THAT(registry_.Render(), HasSubstr("limits_hit_total{limit=\"unread_octets\"}"));
}

TEST_F(Pop3ServerTest, LetsGoOfAMaildropThatComesTooLate) {
  store_.held_opens.Hold();
  Serve();
  {
    auto client = Connect();
    Ask(client.get(), "USER john");
    client->Send("PASS right\r\n");
    EXPECT_EQ(store_.record.Next(), "open");
    client->Send("QUIT\r\n");
  }
  server_->Drain(absl::ZeroDuration());
  store_.held_opens.ReleaseOne();
  EXPECT_EQ(store_.record.Next(), "let go");
}

TEST_F(Pop3ServerTest, LetsGoWithoutDeletingWhenTheClientLeaves) {
  Serve();
  auto client = LogOn();
  Ask(client.get(), "DELE 1");
  client.reset();
  EXPECT_EQ(store_.record.Next(), "let go");
}

TEST_F(Pop3ServerTest, FinishesAQuitThoughTheClientHasLeft) {
  store_.held_closes.Hold();
  Serve();
  auto client = LogOn();
  Ask(client.get(), "DELE 1");
  client->Send("QUIT\r\n");
  EXPECT_EQ(store_.record.Next(), "close 1");
  // A renewal that crossed the close may report a loss: the close alone knows.
  store_.lose_lease();
  store_.held_closes.ReleaseOne();
  EXPECT_EQ(client->ReceiveRest(), "+OK Bye\r\n");
}

TEST_F(Pop3ServerTest, TellsTemporaryFromWrong) {
  Serve();
  auto client = Connect();
  Ask(client.get(), "USER john");
  EXPECT_EQ(Ask(client.get(), "PASS slow"), "-ERR [AUTH] Logon failed (ref 7F3A-22Q9)\r\n");
  Ask(client.get(), "USER john");
  EXPECT_THAT(Ask(client.get(), "PASS away"), StartsWith("-ERR [SYS/TEMP]"));
  auto patient = Connect();
  Ask(patient.get(), "USER john");
  EXPECT_THAT(Ask(patient.get(), "PASS late and right"), StartsWith("+OK 2 messages"));
  store_.open_status =
      MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse, "in use");
  Ask(client.get(), "USER john");
  EXPECT_THAT(Ask(client.get(), "PASS right"), StartsWith("-ERR [IN-USE]"));
  store_.open_status = absl::UnavailableError("away");
  Ask(client.get(), "USER john");
  EXPECT_THAT(Ask(client.get(), "PASS right"), StartsWith("-ERR [SYS/TEMP]"));
  store_.open_status = absl::OkStatus();
  Ask(client.get(), "USER john");
  EXPECT_THAT(Ask(client.get(), "PASS right"), StartsWith("+OK 2 messages"));
}

TEST_F(Pop3ServerTest, SaysThatTheLeaseIsLost) {
  Serve();
  auto client = LogOn();
  store_.lose_lease();
  EXPECT_THAT(client->ReceiveRest(), StartsWith("-ERR [SYS/TEMP]"));
}

TEST_F(Pop3ServerTest, CutsClientsThatDoNotLogOnOrFallSilent) {
  settings_.deadlines.logon = absl::Milliseconds(100);
  settings_.deadlines.idle = absl::Milliseconds(150);
  Serve();
  auto undecided = Connect();
  StreamClient no_handshake(server_->ports()[1]);
  EXPECT_EQ(undecided->ReceiveRest(), "");
  EXPECT_EQ(no_handshake.ReceiveRest(), "");
  auto silent = LogOn();
  EXPECT_EQ(silent->ReceiveRest(), "");
  EXPECT_EQ(store_.record.Next(), "let go");
}

TEST_F(Pop3ServerTest, RefusesConnectionsOverItsLimit) {
  settings_.limits.max_connections = 1;
  Serve();
  auto first = Connect();
  StreamClient second(server_->ports()[0]);
  EXPECT_EQ(second.ReceiveRest(), "-ERR [SYS/TEMP] Too many connections, try again later\r\n");
  EXPECT_THAT(registry_.Render(), HasSubstr("limits_hit_total{limit=\"connections\"} 1"));
  Ask(first.get(), "QUIT");
  EXPECT_EQ(first->ReceiveRest(), "");
  first.reset();
  // The place is free once the server has seen the client go.
  std::string greeting;
  while (!absl::StartsWith(greeting, "+OK")) {
    StreamClient third(server_->ports()[0]);
    greeting = third.ReceiveLine();
  }
}

TEST_F(Pop3ServerTest, DrainsSessionsByWhatTheyHold) {
  Serve();
  auto idle = Connect();
  auto working = LogOn();
  std::thread drain([this] { server_->Drain(absl::Seconds(60)); });
  EXPECT_THAT(idle->ReceiveRest(), StartsWith("-ERR [SYS/TEMP]"));
  EXPECT_EQ(Ask(working.get(), "DELE 1"), "+OK Marked as deleted\r\n");
  EXPECT_EQ(Ask(working.get(), "QUIT"), "+OK Bye\r\n");
  drain.join();
  EXPECT_EQ(store_.record.Next(), "close 1");
}

TEST_F(Pop3ServerTest, EndsWhatOutlastsTheGrace) {
  Serve();
  auto working = LogOn();
  server_->Drain(absl::Milliseconds(1));
  EXPECT_THAT(working->ReceiveRest(), StartsWith("-ERR [SYS/TEMP]"));
  EXPECT_EQ(store_.record.Next(), "let go");
}

TEST_F(Pop3ServerTest, AnswersEverythingThatAClientSendsFarAhead) {
  auth_.held.Hold();
  Serve();
  auto client = Connect();
  Ask(client.get(), "USER john");
  client->Send("PASS right\r\n");
  std::string noops;
  for (int i = 0; i < 100'000; ++i) noops += "NOOP\r\n";
  std::thread sender([&] { client->Send(noops + "QUIT\r\n"); });
  auth_.held.ReleaseOne();
  std::string all = client->ReceiveRest();
  sender.join();
  EXPECT_EQ(all.size(), strlen("+OK 2 messages (17 octets)\r\n") + 100'000 * strlen("+OK\r\n") +
                            strlen("+OK Bye\r\n"));
}

TEST_F(Pop3ServerTest, KeepsOneSourceFromTakingAllConnections) {
  settings_.limits.max_connections_per_source = 1;
  Serve();
  auto first = Connect();
  StreamClient second(server_->ports()[0]);
  EXPECT_THAT(second.ReceiveRest(), StartsWith("-ERR [SYS/TEMP] Too many connections from your"));
  StreamClient encrypted(server_->ports()[1]);
  EXPECT_EQ(encrypted.ReceiveRest(), "");
  EXPECT_THAT(registry_.Render(),
              HasSubstr("limits_hit_total{limit=\"connections_per_source\"} 2"));
}

TEST_F(Pop3ServerTest, RefusesSessionsOverItsLimitAtTheirLogon) {
  settings_.limits.max_sessions = 1;
  Serve();
  auto first = LogOn();
  auto second = Connect();
  Ask(second.get(), "USER john");
  EXPECT_THAT(Ask(second.get(), "PASS right"), StartsWith("-ERR [SYS/TEMP] Too many sessions"));
  EXPECT_THAT(registry_.Render(), HasSubstr("limits_hit_total{limit=\"sessions\"} 1"));
  Ask(first.get(), "QUIT");
  EXPECT_EQ(first->ReceiveRest(), "");
  EXPECT_EQ(store_.record.Next(), "close 0");
  // The place is free once the first connection is gone.
  std::string answer;
  while (!absl::StartsWith(answer, "+OK")) {
    Ask(second.get(), "USER john");
    answer = Ask(second.get(), "PASS right");
  }
}

TEST_F(Pop3ServerTest, KeepsOneSourceFromTakingAllSessions) {
  settings_.limits.max_sessions_per_source = 1;
  Serve();
  auto first = LogOn();
  auto second = Connect();
  Ask(second.get(), "USER john");
  EXPECT_THAT(Ask(second.get(), "PASS right"), StartsWith("-ERR [SYS/TEMP] Too many sessions"));
  EXPECT_THAT(registry_.Render(), HasSubstr("limits_hit_total{limit=\"sessions_per_source\"} 1"));
}

class LongMaildropTest : public Pop3ServerTest {
 protected:
  static constexpr int kMessages = 100'000;

  LongMaildropTest() {
    store_.messages.clear();
    for (uint64_t i = 1; i <= kMessages; ++i) {
      store_.messages.push_back({i, 100, std::string(60, 'u')});
    }
    settings_.limits.max_unread_octets = 20'000;
  }

  void ListIt() {
    Serve();
    auto client = Connect();
    Ask(client.get(), "USER john");
    EXPECT_THAT(Ask(client.get(), "PASS right"), StartsWith("+OK 100000"));
    client->Send("UIDL\r\nQUIT\r\n");
    std::string all = client->ReceiveRest();
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), kMessages + 3);
    EXPECT_THAT(all, testing::EndsWith(".\r\n+OK Bye\r\n"));
    EXPECT_EQ(totals_.unread.all(), 0);
  }
};

TEST_F(LongMaildropTest, IsListedThoughAllClientsHaveMuchUnread) {
  settings_.limits.max_total_unread_octets = 1;
  ListIt();
  EXPECT_THAT(registry_.Render(), HasSubstr("limits_hit_total{limit=\"total_unread_octets\"}"));
}

TEST_F(LongMaildropTest, IsListedThoughItsSourceHasMuchUnread) {
  settings_.limits.max_unread_octets_per_source = 1;
  ListIt();
  EXPECT_THAT(registry_.Render(),
              HasSubstr("limits_hit_total{limit=\"unread_octets_per_source\"}"));
}

TEST_F(Pop3ServerTest, WhoDoesNotReadHasNoMoreTimeToLogOn) {
  settings_.deadlines.logon = absl::Seconds(1);
  settings_.deadlines.stall = absl::Hours(1);
  Serve();
  StreamClient client(server_->ports()[0], /*unread_octets=*/4096);
  std::string commands;
  for (int i = 0; i < 100'000; ++i) commands += "CAPA\r\n";
  // More answers than the kernel has room for.
  client.Send(commands);
  EXPECT_THAT(log_.Next(), AllOf(HasSubstr("logon_timeout"), HasSubstr("no logon in time")));
}

TEST_F(Pop3ServerTest, OctetsThatMakeNoCommandAreNoActivity) {
  settings_.deadlines.idle = absl::Milliseconds(200);
  Serve();
  auto client = LogOn();
  constexpr int kFewerThanALine = 200;
  for (int i = 0; i < kFewerThanALine && client->Send("N"); ++i) Pause(absl::Milliseconds(10));
  EXPECT_EQ(client->ReceiveRest(), "");
  EXPECT_THAT(log_.Next(), HasSubstr("maildrop_opened"));
  std::string end = log_.Next();
  EXPECT_THAT(end, HasSubstr("\"reason\":\"idle\""));
  // Long before the octets had an end.
  EXPECT_THAT(end, testing::ContainsRegex("\"octets_in\":[0-9][0-9],"));
}

TEST_F(Pop3ServerTest, LearnsTheClientFromATrustedBalancer) {
  listeners_[0].traits.proxy_networks = {*net::IpNetwork::Parse("127.0.0.0/8")};
  listeners_[1].traits.proxy_networks = {*net::IpNetwork::Parse("127.0.0.0/8")};
  Serve();
  StreamClient plain(server_->ports()[0]);
  plain.Send("PROXY TCP4 203.0.113.7 192.0.2.1 4000 110\r\nSTLS\r\n");
  EXPECT_EQ(plain.ReceiveLine(), "+OK Restante ready\r\n");
  EXPECT_THAT(plain.ReceiveLine(), StartsWith("+OK"));
  ASSERT_TRUE(plain.StartTls(TLS1_3_VERSION));
  Ask(&plain, "USER john");
  EXPECT_THAT(Ask(&plain, "PASS right"), StartsWith("+OK 2"));
  EXPECT_EQ(auth_.record.Next(), "PLAIN 203.0.113.7 TLSv1.3");

  StreamClient pop3s(server_->ports()[1]);
  pop3s.Send(absl::StrCat(absl::string_view("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16),
                          absl::string_view("\xcb\0\x71\x08\x7f\0\0\x01\x0f\xa0\x03\xe3", 12)));
  ASSERT_TRUE(pop3s.StartTls(TLS1_3_VERSION));
  EXPECT_EQ(pop3s.ReceiveLine(), "+OK Restante ready\r\n");
  Ask(&pop3s, "USER john");
  EXPECT_THAT(Ask(&pop3s, "PASS right"), StartsWith("+OK 2"));
  EXPECT_EQ(auth_.record.Next(), "PLAIN 203.0.113.8 TLSv1.3");
}

TEST_F(Pop3ServerTest, AClientBehindABalancerIsNeverOnThisMachine) {
  listeners_[0].traits.proxy_networks = {*net::IpNetwork::Parse("127.0.0.1")};
  Serve();
  StreamClient client(server_->ports()[0]);
  client.Send("PROXY TCP4 127.0.0.1 127.0.0.1 4000 110\r\n");
  EXPECT_EQ(client.ReceiveLine(), "+OK Restante ready\r\n");
  EXPECT_THAT(Ask(&client, "USER john"), StartsWith("-ERR [AUTH] Use TLS first"));
}

TEST_F(Pop3ServerTest, NorIsOneOfWhomTheBalancerKnowsNothing) {
  listeners_[0].traits.proxy_networks = {*net::IpNetwork::Parse("127.0.0.1")};
  Serve();
  StreamClient client(server_->ports()[0]);
  client.Send("PROXY UNKNOWN\r\n");
  EXPECT_EQ(client.ReceiveLine(), "+OK Restante ready\r\n");
  EXPECT_THAT(Ask(&client, "USER john"), StartsWith("-ERR [AUTH] Use TLS first"));
}

TEST_F(Pop3ServerTest, BelievesNobodyElseWhoTheClientIs) {
  listeners_[0].traits.proxy_networks = {*net::IpNetwork::Parse("192.0.2.0/24")};
  Serve();
  StreamClient stranger(server_->ports()[0]);
  stranger.Send("PROXY TCP4 203.0.113.7 192.0.2.1 4000 110\r\n");
  EXPECT_EQ(stranger.ReceiveRest(), "-ERR [SYS/PERM] Only load balancers connect here\r\n");
  EXPECT_THAT(log_.Next(), HasSubstr("proxy_not_trusted"));
}

TEST_F(Pop3ServerTest, EndsABalancersConnectionWithoutItsHeader) {
  listeners_[0].traits.proxy_networks = {*net::IpNetwork::Parse("127.0.0.0/8")};
  Serve();
  StreamClient client(server_->ports()[0]);
  client.Send("USER jsmith\r\n");
  EXPECT_EQ(client.ReceiveRest(), "");
  EXPECT_THAT(log_.Next(), HasSubstr("PROXY header: there is none"));
}

TEST_F(Pop3ServerTest, AHeaderThatNobodyAskedForIsAnUnknownCommand) {
  Serve();
  auto client = Connect();
  EXPECT_EQ(Ask(client.get(), "PROXY TCP4 203.0.113.7 192.0.2.1 4000 110"),
            "-ERR Unknown command\r\n");
}

TEST_F(Pop3ServerTest, LogsOneLineForEachEndWithoutSecrets) {
  Serve();
  auto client = LogOn();
  EXPECT_THAT(log_.Next(), HasSubstr(R"("event":"maildrop_opened")"));
  Ask(client.get(), "RETR 1");
  client->Receive(strlen("a: b\r\n\r\n..dot\r\n.\r\n"));
  Ask(client.get(), "DELE 1");
  Ask(client.get(), "QUIT");
  client->ReceiveRest();
  client.reset();
  std::string line = log_.Next();
  for (const char* part :
       {R"("event":"session_ended")", R"("client_address":"127.0.0.1")", R"("mechanism":"PLAIN")",
        R"("account":"accounts/a")", R"("mailbox_id":"m1")", R"("commands":5)",
        R"("messages_sent":1)", R"("messages_deleted":1)", R"("octets_in":45)",
        R"("reason":"quit")", R"("attempt_id":")", R"("session_id":")", R"("duration":)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  EXPECT_THAT(line, testing::Not(HasSubstr("right")));
  std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("restante_pop3_command_seconds_count{command=\"RETR\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("restante_pop3_received_octets_total 45"));
}

}  // namespace
}  // namespace restante::pop3
