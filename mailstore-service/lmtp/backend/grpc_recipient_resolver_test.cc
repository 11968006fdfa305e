#include "mailstore-service/lmtp/backend/grpc_recipient_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/plain_server.h"
#include "tests/support/task_queue.h"

namespace restante::lmtp {
namespace {

// Long enough for every answer that a test waits for; short enough to wait for none.
constexpr absl::Duration kLong = absl::Seconds(60);
constexpr absl::Duration kShort = absl::Milliseconds(300);

// Tells of its revision once, and again when it has changed.
class ScriptedWatch : public grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse> {
 public:
  void Send(uint64_t revision) {
    MutexLock lock(&mutex_);
    next_ = revision;
    WriteNext();
  }
  void OnWriteDone(bool /*ok*/) override {
    MutexLock lock(&mutex_);
    is_writing_ = false;
    WriteNext();
  }
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_writing_ || !next_) return;
    is_writing_ = true;
    response_.set_directory_revision(*std::exchange(next_, std::nullopt));
    StartWrite(&response_);
  }

  Mutex mutex_;
  std::optional<uint64_t> next_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  auth::v1::WatchRecipientsResponse response_ ABSL_GUARDED_BY(mutex_);
};

// Finds what the test says, at the revision that it says; counts the questions.
class ScriptedAuth : public auth::v1::LogonService::WithCallbackMethod_WatchRecipients<
                         auth::v1::LogonService::Service> {
 public:
  using Answer = std::function<grpc::Status(auth::v1::ResolveRecipientsResponse*)>;

  grpc::Status ResolveRecipients(grpc::ServerContext*,
                                 const auth::v1::ResolveRecipientsRequest* request,
                                 auth::v1::ResolveRecipientsResponse* response) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(request->addresses_size(), 1);
    ++questions_;
    response->set_directory_revision(revision_);
    return answers_.at(request->addresses(0))(response);
  }

  grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse>* WatchRecipients(
      grpc::CallbackServerContext*, const auth::v1::WatchRecipientsRequest*) override {
    MutexLock lock(&mutex_);
    watch_ = new ScriptedWatch();
    watch_->Send(revision_);
    return watch_;
  }

  static Answer Found(const char* mailbox, const char* placement = "mailstore-0") {
    return [=](auth::v1::ResolveRecipientsResponse* response) {
      auto* recipient = response->add_recipients();
      recipient->set_found(true);
      recipient->set_mailbox_id(mailbox);
      recipient->set_placement(placement);
      return grpc::Status::OK;
    };
  }
  static Answer Unknown() {
    return [](auth::v1::ResolveRecipientsResponse* response) {
      response->add_recipients();
      return grpc::Status::OK;
    };
  }

  void SetAnswer(const std::string& address, Answer answer) {
    MutexLock lock(&mutex_);
    answers_[address] = std::move(answer);
  }
  void ChangeDirectory() {
    MutexLock lock(&mutex_);
    watch_->Send(++revision_);
  }
  int questions() {
    MutexLock lock(&mutex_);
    return questions_;
  }

 private:
  Mutex mutex_;
  std::map<std::string, Answer> answers_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 7;
  ScriptedWatch* watch_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int questions_ ABSL_GUARDED_BY(mutex_) = 0;
};

class RecipientResolverTest : public testing::Test {
 protected:
  std::unique_ptr<GrpcRecipientResolver> MakeResolver(const GrpcRecipientOptions& options = {}) {
    return std::make_unique<GrpcRecipientResolver>(server_.MakeChannel(), logger_, clock_, kept_,
                                                   options);
  }

  Event Resolve(GrpcRecipientResolver* resolver, const std::string& address) {
    std::optional<Event> answer;
    resolver->Resolve(address, queue_.executor(), [&](const Event& event) { answer = event; });
    queue_.RunUntil([&] { return answer.has_value(); });
    return *answer;
  }

  // The mailbox, or "".
  std::string Mailbox(GrpcRecipientResolver* resolver, const std::string& address) {
    const Event answer = Resolve(resolver, address);
    const auto* found = std::get_if<RecipientFound>(&answer);
    return found == nullptr ? "" : found->mailbox_id;
  }

  // Whether auth is asked for the address.
  bool IsAsked(GrpcRecipientResolver* resolver, const std::string& address) {
    const int before = auth_.questions();
    Resolve(resolver, address);
    return auth_.questions() > before;
  }

  FakeClock clock_;
  log::Logger logger_{"test", log::Level::kDebug, clock_, [](absl::string_view) {}};
  metrics::Registry registry_;
  metrics::Counter kept_ = registry_.Counters("restante_test_kept", "").With();
  ScriptedAuth auth_;
  PlainServer server_{&auth_};
  TaskQueue queue_;
};

TEST_F(RecipientResolverTest, TellsFoundUnknownAndUndecided) {
  auth_.SetAnswer("found@x", ScriptedAuth::Found("mbx-1"));
  auth_.SetAnswer("nowhere@x", ScriptedAuth::Found("mbx-1", "Not A Placement"));
  auth_.SetAnswer("nameless@x", ScriptedAuth::Found(""));
  auth_.SetAnswer("unknown@x", ScriptedAuth::Unknown());
  auth_.SetAnswer("silent@x", [](auto*) { return grpc::Status::OK; });
  auth_.SetAnswer("broken@x",
                  [](auto*) { return grpc::Status(grpc::StatusCode::INTERNAL, "broken"); });
  auto resolver = MakeResolver();
  const Event answer = Resolve(resolver.get(), "found@x");
  ASSERT_TRUE(std::holds_alternative<RecipientFound>(answer));
  EXPECT_EQ(std::get<RecipientFound>(answer).mailbox_id, "mbx-1");
  EXPECT_EQ(std::get<RecipientFound>(answer).placement, "mailstore-0");
  EXPECT_TRUE(std::holds_alternative<RecipientUnknown>(Resolve(resolver.get(), "unknown@x")));
  for (const char* address : {"nowhere@x", "nameless@x", "silent@x", "broken@x"}) {
    EXPECT_TRUE(std::holds_alternative<RecipientUndecided>(Resolve(resolver.get(), address)))
        << address;
  }
}

TEST_F(RecipientResolverTest, AuthAwayIsUndecidedAndRecoversAlone) {
  auth_.SetAnswer("unknown@x", ScriptedAuth::Unknown());
  auto hasty = MakeResolver({.calls = {kShort, absl::InfiniteDuration(), absl::Milliseconds(1)}});
  server_.Stop();
  EXPECT_TRUE(std::holds_alternative<RecipientUndecided>(Resolve(hasty.get(), "unknown@x")));
  server_.Start();
  auto patient = MakeResolver({.calls = {kLong, absl::InfiniteDuration(), absl::Milliseconds(1)}});
  EXPECT_TRUE(std::holds_alternative<RecipientUnknown>(Resolve(patient.get(), "unknown@x")));
}

TEST_F(RecipientResolverTest, AsksAgainOnceTheDirectoryHasChanged) {
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-1"));
  auto resolver = MakeResolver();
  // Until the watch has told the revision.
  while (IsAsked(resolver.get(), "a@x")) {
  }
  EXPECT_EQ(Mailbox(resolver.get(), "a@x"), "mbx-1");
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-2"));
  EXPECT_EQ(Mailbox(resolver.get(), "a@x"), "mbx-1");
  auth_.ChangeDirectory();
  while (Mailbox(resolver.get(), "a@x") != "mbx-2") {
  }
  while (IsAsked(resolver.get(), "a@x")) {
  }
  EXPECT_THAT(registry_.Render(), testing::Not(testing::HasSubstr("restante_test_kept 0")));
}

TEST_F(RecipientResolverTest, AsksAlwaysForWhomItDidNotFind) {
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-1"));
  auth_.SetAnswer("new@x", ScriptedAuth::Unknown());
  auto resolver = MakeResolver();
  while (IsAsked(resolver.get(), "a@x")) {
  }
  EXPECT_TRUE(IsAsked(resolver.get(), "new@x"));
  EXPECT_TRUE(IsAsked(resolver.get(), "new@x"));
  auth_.SetAnswer("new@x", ScriptedAuth::Found("mbx-3"));
  EXPECT_EQ(Mailbox(resolver.get(), "new@x"), "mbx-3");
}

TEST_F(RecipientResolverTest, ForgetsWhenAuthGoesAndKeepsAgainWhenItIsBack) {
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-1"));
  auto resolver = MakeResolver({.calls = {kShort, absl::InfiniteDuration(), absl::Milliseconds(1)},
                                .watch_retry_delay = absl::Milliseconds(1)});
  while (IsAsked(resolver.get(), "a@x")) {
  }
  server_.Stop();
  while (std::holds_alternative<RecipientFound>(Resolve(resolver.get(), "a@x"))) {
  }
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-2"));
  server_.Start();
  while (Mailbox(resolver.get(), "a@x") != "mbx-2") {
  }
  while (IsAsked(resolver.get(), "a@x")) {
  }
}

TEST_F(RecipientResolverTest, KeepsNothingWhenToldTo) {
  auth_.SetAnswer("a@x", ScriptedAuth::Found("mbx-1"));
  auto resolver = MakeResolver({.calls = {}, .keep_for = absl::ZeroDuration()});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(IsAsked(resolver.get(), "a@x"));
}

}  // namespace
}  // namespace restante::lmtp
