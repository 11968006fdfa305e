#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <deque>
#include <fstream>
#include <set>
#include <string>

#include "common/base/mutex.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/net/tls_context.h"
#include "common/net/tls_context_source.h"
#include "tests/support/event_record.h"
#include "tests/support/stream_client.h"
#include "tests/support/test_pki.h"

namespace restante::net {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(60);

// A server's end of one connection, which obeys words: "finish", "tls", "big", "drop", "pause"; and
// sends everything else back.
class Peer : public ConnectionHandler {
 public:
  Peer(EventLoop* loop, AcceptedSocket socket, EventRecord* record,
       std::shared_ptr<const TlsContext> tls, absl::Duration stall_limit)
      : loop_(*loop), record_(*record), tls_(std::move(tls)) {
    connection_ = std::make_unique<Connection>(loop, std::move(socket));
    connection_->Start(this, stall_limit);
  }

  void OnOctets(absl::string_view octets) override {
    if (octets == "finish") {
      connection_->Write("bye");
      connection_->Finish();
    } else if (octets == "tls") {
      connection_->Write("go");
      connection_->StartTls(tls_);
    } else if (octets == "big") {
      connection_->Write(std::string(kBigOctets, 'x'));
      record_.Add(connection_->backlog_octets() > Connection::kLowMark ? "high" : "low");
    } else if (octets == "pause") {
      connection_->PauseReading();
      record_.Add("paused");
      resume_ = loop_.After(absl::Milliseconds(1), [this] {
        record_.Add("resuming");
        connection_->ResumeReading();
      });
    } else if (octets == "drop") {
      connection_.reset();
      record_.Add("dropped");
    } else {
      connection_->Write(std::string(octets));
    }
  }
  void OnTlsReady() override {
    record_.Add("tls " + connection_->tls()->version);
    record_.Add(connection_->tls()->server_end_point);
    record_.Add(connection_->tls()->exporter);
  }
  void OnBacklogLow() override { record_.Add("low"); }
  void OnPeerFinished() override {
    record_.Add("finished");
    connection_->Finish();
  }
  void OnEnd(const absl::Status& why) override {
    connection_.reset();
    record_.Add("end " + why.ToString());
  }

  static constexpr size_t kBigOctets = 16 * 1024 * 1024;

 private:
  EventLoop& loop_;
  EventRecord& record_;
  const std::shared_ptr<const TlsContext> tls_;
  Timer resume_;
  std::unique_ptr<Connection> connection_;
};

class NetTest : public testing::Test {
 protected:
  NetTest() : files_(pki_.Issue("pop3", {"pop3.example"}, {})) {
    auto tls = TlsContext::Load({{{files_.certificate, files_.private_key}}, nullptr});
    EXPECT_TRUE(tls.ok()) << tls.status();
    tls_ = *tls;
  }
  ~NetTest() override { Stop(); }

  void Listen(absl::Duration stall_limit = kLong) {
    auto listener = Listener::Listen("127.0.0.1:0", loops_);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = std::move(*listener);
    listener_->Accept({[this, stall_limit](EventLoop& loop, AcceptedSocket socket) {
                         EXPECT_TRUE(socket.peer().loopback);
                         EXPECT_EQ(socket.peer().address, "127.0.0.1");
                         MutexLock lock(&mutex_);
                         peers_.push_back(std::make_unique<Peer>(&loop, std::move(socket), &record_,
                                                                 tls_, stall_limit));
                         owners_.push_back(&loop);
                       },
                       [](const absl::Status&) {}});
  }

  // Connections go on their own loops.
  void Stop() {
    if (listener_ == nullptr) return;
    listener_->Stop();
    listener_.reset();
    for (size_t i = 0; i < peers_.size(); ++i) {
      EventRecord gone;
      owners_[i]->Post([&] {
        peers_[i].reset();
        gone.Add("");
      });
      gone.Next();
    }
  }

  TestPki pki_;
  TestCertificate files_;
  std::shared_ptr<const TlsContext> tls_;
  EventLoopGroup loops_{2};
  EventRecord record_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<EventLoop*> owners_;
  std::unique_ptr<Listener> listener_;
};

TEST_F(NetTest, CarriesOctetsBothWays) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("hello");
  EXPECT_EQ(client.Receive(5), "hello");
  client.Send("again");
  EXPECT_EQ(client.Receive(5), "again");
}

TEST_F(NetTest, FinishSendsEverythingThoughThePeerHadMoreToSay) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("big");
  EXPECT_EQ(record_.Next(), "high");
  EXPECT_EQ(client.Receive(Peer::kBigOctets).size(), Peer::kBigOctets);
  EXPECT_EQ(record_.Next(), "low");
  client.Send("finish");
  EXPECT_EQ(client.Receive(10), "bye");
  client.Send("too late");
  client.FinishSending();
  EXPECT_EQ(record_.Next(), "end OK");
}

TEST_F(NetTest, TellsOfTheEndOfWhatThePeerSendsAndStillAnswers) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("last");
  client.FinishSending();
  EXPECT_EQ(client.Receive(10), "last");
  EXPECT_EQ(record_.Next(), "finished");
  EXPECT_EQ(record_.Next(), "end OK");
}

TEST_F(NetTest, ReadsNothingWhilePaused) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("pause");
  EXPECT_EQ(record_.Next(), "paused");
  client.Send("later");
  EXPECT_EQ(record_.Next(), "resuming");
  EXPECT_EQ(client.Receive(5), "later");
}

TEST_F(NetTest, EndsWhenThePeerDoesNotRead) {
  Listen(absl::Milliseconds(50));
  StreamClient client(listener_->port());
  client.Send("big");
  EXPECT_EQ(record_.Next(), "high");
  EXPECT_THAT(record_.Next(), HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(NetTest, EndsWhenThePeerReadsItsLastWordForEver) {
  Listen(absl::Milliseconds(300));
  // With little room the kernel takes more from the server often enough for it never to stall.
  StreamClient client(listener_->port(), /*unread_octets=*/65'536);
  client.Send("big");
  EXPECT_EQ(record_.Next(), "high");
  client.Send("finish");
  // All of it in the end, which takes several times the limit.
  EventRecord tick;
  Timer timer;
  while (client.Receive(65'536).size() == 65'536) {
    loops_.loop(0).Post(
        [&] { timer = loops_.loop(0).After(absl::Milliseconds(5), [&] { tick.Add(""); }); });
    tick.Next();
  }
  EXPECT_THAT(record_.Next(), HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(NetTest, MayBeDroppedInACallback) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("drop");
  EXPECT_EQ(record_.Next(), "dropped");
  EXPECT_EQ(client.Receive(1), "");
}

class TlsTest : public NetTest, public testing::WithParamInterface<int> {};

TEST_P(TlsTest, BeginsInPlaceAndBindsTheChannel) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("tls");
  EXPECT_EQ(client.Receive(2), "go");
  ASSERT_TRUE(client.StartTls(GetParam()));
  client.Send("hello");
  EXPECT_EQ(client.Receive(5), "hello");

  EXPECT_EQ(record_.Next(), GetParam() == TLS1_2_VERSION ? "tls TLSv1.2" : "tls TLSv1.3");
  unsigned char hash[32];
  unsigned int hash_octets = 0;
  X509* certificate = SSL_get_peer_certificate(client.ssl());
  X509_digest(certificate, EVP_sha256(), hash, &hash_octets);
  X509_free(certificate);
  EXPECT_EQ(record_.Next(), std::string(reinterpret_cast<char*>(hash), hash_octets));
  unsigned char secret[32];
  SSL_export_keying_material(client.ssl(), secret, 32, "EXPORTER-Channel-Binding", 24, nullptr, 0,
                             1);
  EXPECT_EQ(record_.Next(), std::string(reinterpret_cast<char*>(secret), 32));

  client.Send("big");
  EXPECT_EQ(record_.Next(), "high");
  EXPECT_EQ(client.Receive(Peer::kBigOctets), std::string(Peer::kBigOctets, 'x'));
  EXPECT_EQ(record_.Next(), "low");
  client.Send("finish");
  EXPECT_EQ(client.Receive(10), "bye");
  EXPECT_EQ(SSL_get_shutdown(client.ssl()), SSL_RECEIVED_SHUTDOWN);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(NetTest, RefusesTlsOneDotOneAndWhatIsNoTls) {
  Listen();
  StreamClient old(listener_->port());
  old.Send("tls");
  EXPECT_EQ(old.Receive(2), "go");
  EXPECT_FALSE(old.StartTls(TLS1_1_VERSION));
  EXPECT_THAT(record_.Next(), HasSubstr("INVALID_ARGUMENT: TLS"));

  StreamClient plain(listener_->port());
  plain.Send("tls");
  EXPECT_EQ(plain.Receive(2), "go");
  plain.Send("USER john\r\n");
  EXPECT_THAT(record_.Next(), HasSubstr("INVALID_ARGUMENT: TLS"));
}

TEST_F(NetTest, BeginsNoHandshakeForAClientHelloThatIsTooLong) {
  Listen();
  StreamClient client(listener_->port());
  client.Send("tls");
  EXPECT_EQ(client.Receive(2), "go");
  client.Send(std::string("\x16\x03\x01\x40\x00\x01\x01\xff\xf0", 9));
  EXPECT_EQ(record_.Next(), "end INVALID_ARGUMENT: TLS: the ClientHello is too long");
}

TEST_F(NetTest, EndsWhenThePeerLeavesWithinItsClientHello) {
  Listen();
  for (size_t octets : {1, 8, 9, 40}) {
    StreamClient client(listener_->port());
    client.Send("tls");
    EXPECT_EQ(client.Receive(2), "go");
    client.Send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9).substr(0, octets) +
                std::string(octets > 9 ? octets - 9 : 0, 'x'));
    client.FinishSending();
    EXPECT_THAT(record_.Next(), HasSubstr("end ")) << octets;
  }
}

TEST_F(NetTest, EndsWhenThePeerLeavesDuringTheHandshake) {
  Listen();
  {
    StreamClient client(listener_->port());
    client.Send("tls");
    EXPECT_EQ(client.Receive(2), "go");
  }
  EXPECT_THAT(record_.Next(), HasSubstr("end "));
}

TEST_F(NetTest, SpreadsConnectionsAndSharesItsAddressWithNobody) {
  Listen();
  std::vector<std::unique_ptr<StreamClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<StreamClient>(listener_->port()));
    clients.back()->Send("x");
    EXPECT_EQ(clients.back()->Receive(1), "x");
  }
  {
    MutexLock lock(&mutex_);
    EXPECT_EQ(std::set<EventLoop*>(owners_.begin(), owners_.end()).size(), 2u);
  }
  std::string address = "127.0.0.1:" + std::to_string(listener_->port());
  EXPECT_EQ(Listener::Listen(address, loops_).status().code(), absl::StatusCode::kUnavailable);
  clients.clear();
  Stop();
  EXPECT_TRUE(Listener::Listen(address, loops_).ok());
}

TEST_F(NetTest, AcceptsNothingMoreOnceStopped) {
  Listen();
  uint16_t port = listener_->port();
  Stop();
  EXPECT_FALSE(StreamClient(port).connected());
}

TEST(Listener, RefusesWhatIsNoAddress) {
  EventLoopGroup loops(1);
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:port", "no host:1"}) {
    EXPECT_EQ(Listener::Listen(address, loops).status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(EventLoop, RunsTasksInOrderAndTimersUnlessCancelled) {
  EventLoop loop;
  EventRecord record;
  loop.Post([&] {
    Timer kept = loop.After(absl::Milliseconds(1), [&] { record.Add("cancelled"); });
    record.Add("first");
  });
  loop.Post([&] { record.Add("second"); });
  Timer timer;
  loop.Post([&] { timer = loop.After(absl::Milliseconds(3), [&] { record.Add("due"); }); });
  EXPECT_EQ(record.Next(), "first");
  EXPECT_EQ(record.Next(), "second");
  EXPECT_EQ(record.Next(), "due");
}

TEST(EventLoop, DestroysTasksThatComeTooLate) {
  auto loop = std::make_unique<EventLoop>();
  Executor executor = loop->executor();
  loop.reset();
  auto carried = std::make_shared<int>(0);
  executor([carried] { ADD_FAILURE(); });
  EXPECT_EQ(carried.use_count(), 1);
}

TEST(TlsContext, RefusesFilesThatDoNotFit) {
  TestPki pki;
  TestCertificate one = pki.Issue("one", {"one"}, {});
  TestCertificate other = pki.Issue("other", {"other"}, {});
  auto mixed = TlsContext::Load({{{one.certificate, other.private_key}}, nullptr});
  EXPECT_THAT(mixed.status().message(), HasSubstr("is not the private key of"));
  EXPECT_FALSE(TlsContext::Load({{{one.private_key, one.private_key}}, nullptr}).ok());
  EXPECT_FALSE(TlsContext::Load({{{"/nowhere", one.private_key}}, nullptr}).ok());
  EXPECT_FALSE(TlsContext::Load({{{one.certificate, "/nowhere"}}, nullptr}).ok());
  ASSERT_EQ(chmod(one.private_key.c_str(), 0644), 0);
  EXPECT_EQ(TlsContext::Load({{{one.certificate, one.private_key}}, nullptr}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(TlsContextSource, TakesNewFilesAndKeepsTheOldOnesOverAFault) {
  TestPki pki;
  TestCertificate files = pki.Issue("pop3", {"pop3"}, {});
  auto source = TlsContextSource::Load({{{files.certificate, files.private_key}}, nullptr});
  ASSERT_TRUE(source.ok());
  auto before = (*source)->Current();
  pki.Issue("pop3", {"pop3"}, {});
  ASSERT_TRUE((*source)->Reload().ok());
  auto after = (*source)->Current();
  EXPECT_NE(before, after);
  std::ofstream(files.certificate) << "nothing";
  EXPECT_FALSE((*source)->Reload().ok());
  EXPECT_EQ((*source)->Current(), after);
}

}  // namespace
}  // namespace restante::net
