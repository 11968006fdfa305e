#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/log/logger.h"
#include "common/rpc/status.h"
#include "pop3-frontend/backend/grpc_auth_backend.h"
#include "pop3-frontend/backend/outcome_events.h"
#include "pop3-frontend/backend/policy_cache.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/plain_server.h"
#include "tests/support/task_queue.h"

namespace restante::pop3 {
namespace {

using auth::v1::BeginLogonRequest;
using auth::v1::BeginLogonResponse;
using auth::v1::ContinueLogonRequest;
using auth::v1::ContinueLogonResponse;
using auth::v1::WatchMechanismPolicyRequest;
using auth::v1::WatchMechanismPolicyResponse;

constexpr char kAttempt[] = "0123456789abcdef0123456789abcdef";
constexpr char kSession[] = "fedcba9876543210fedcba9876543210";

// Answers as the test says; the n-th call gets the n-th answer, the last one again and again.
class ScriptedAuth : public auth::v1::LogonService::Service {
 public:
  using Answer = std::function<grpc::Status(const BeginLogonRequest&, BeginLogonResponse*)>;

  grpc::Status BeginLogon(grpc::ServerContext*, const BeginLogonRequest* request,
                          BeginLogonResponse* response) override {
    MutexLock lock(&mutex_);
    begun_.push_back(*request);
    return answers_[std::min(begun_.size(), answers_.size()) - 1](*request, response);
  }

  grpc::Status ContinueLogon(grpc::ServerContext*, const ContinueLogonRequest* request,
                             ContinueLogonResponse* response) override {
    MutexLock lock(&mutex_);
    continued_ = *request;
    response->mutable_accepted()->set_account("accounts/jsmith");
    response->mutable_accepted()->set_alias("john.smith");
    response->mutable_accepted()->set_mailbox_id("mbx-1");
    response->mutable_accepted()->set_placement("mailstore-0");
    response->mutable_accepted()->set_maildrop_grant("grant");
    return grpc::Status::OK;
  }

  void Script(std::vector<Answer> answers) {
    MutexLock lock(&mutex_);
    answers_ = std::move(answers);
  }
  std::vector<BeginLogonRequest> begun() {
    MutexLock lock(&mutex_);
    return begun_;
  }
  ContinueLogonRequest continued() {
    MutexLock lock(&mutex_);
    return continued_;
  }

 private:
  Mutex mutex_;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<BeginLogonRequest> begun_ ABSL_GUARDED_BY(mutex_);
  ContinueLogonRequest continued_ ABSL_GUARDED_BY(mutex_);
};

ScriptedAuth::Answer Fails(grpc::StatusCode code) {
  return [code](const BeginLogonRequest&, BeginLogonResponse*) { return grpc::Status(code, "no"); };
}

ScriptedAuth::Answer Challenges() {
  return [](const BeginLogonRequest&, BeginLogonResponse* response) {
    response->mutable_challenge()->set_server_message("challenge");
    response->mutable_challenge()->set_sealed_state("sealed");
    return grpc::Status::OK;
  };
}

ScriptedAuth::Answer Rejects(auth::v1::PublicReason reason, int64_t delay_seconds = 0) {
  return [=](const BeginLogonRequest&, BeginLogonResponse* response) {
    response->mutable_rejected()->set_public_reason(reason);
    response->mutable_rejected()->mutable_delay()->set_seconds(delay_seconds);
    return grpc::Status::OK;
  };
}

LogonAttempt Attempt() {
  return {kAttempt, kSession, {"192.0.2.7", 4711, "c0", TlsChannel{"TLSv1.3", "hash", "exporter"}}};
}

class AuthBackendTest : public testing::Test {
 protected:
  absl::StatusOr<LogonAnswer> Begin(std::optional<Secret> initial_response,
                                    rpc::CallOptions options = {}) {
    GrpcAuthBackend backend(server_.MakeChannel(), options);
    std::optional<absl::StatusOr<LogonAnswer>> result;
    backend.Begin(Attempt(), BeginLogon{"NTLM", std::move(initial_response)}, queue_.executor(),
                  [&result](absl::StatusOr<LogonAnswer> answer) { result = std::move(answer); });
    queue_.RunUntil([&result] { return result.has_value(); });
    return *std::move(result);
  }

  ScriptedAuth auth_;
  PlainServer server_{&auth_};
  TaskQueue queue_;
};

TEST_F(AuthBackendTest, TellsASuccessNoSoonerThanAuthWishes) {
  auth_.Script({[](const BeginLogonRequest&, BeginLogonResponse* response) {
                  response->mutable_accepted()->mutable_delay()->set_seconds(3);
                  return grpc::Status::OK;
                },
                [](const BeginLogonRequest&, BeginLogonResponse* response) {
                  response->mutable_challenge()->mutable_delay()->set_seconds(4);
                  return grpc::Status::OK;
                },
                Challenges()});
  EXPECT_EQ(std::get<AuthAccepted>(*Begin(std::nullopt)).delay, absl::Seconds(3));
  EXPECT_EQ(std::get<AuthChallenge>(*Begin(std::nullopt)).delay, absl::Seconds(4));
  EXPECT_EQ(std::get<AuthChallenge>(*Begin(std::nullopt)).delay, absl::ZeroDuration());
}

TEST_F(AuthBackendTest, TellsAuthOfTheConnection) {
  auth_.Script({Challenges()});
  absl::StatusOr<LogonAnswer> answer = Begin(Secret(std::string("\0type 1", 7)));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(std::get<AuthChallenge>(*answer).server_message, "challenge");
  EXPECT_EQ(std::get<AuthChallenge>(*answer).sealed_state, "sealed");
  ASSERT_EQ(auth_.begun().size(), 1u);
  BeginLogonRequest begun = auth_.begun()[0];
  EXPECT_EQ(begun.attempt_id(), kAttempt);
  EXPECT_EQ(begun.session_id(), kSession);
  EXPECT_EQ(begun.mechanism(), "NTLM");
  EXPECT_EQ(begun.initial_response(), std::string("\0type 1", 7));
  EXPECT_EQ(begun.channel().protocol(), "pop3");
  EXPECT_EQ(begun.channel().client_address(), "192.0.2.7");
  EXPECT_EQ(begun.channel().client_port(), 4711u);
  EXPECT_EQ(begun.channel().tls().server_end_point(), "hash");
  EXPECT_EQ(begun.channel().tls().exporter(), "exporter");
}

TEST_F(AuthBackendTest, NoInitialResponseIsNotAnEmptyOne) {
  auth_.Script({Challenges()});
  ASSERT_TRUE(Begin(std::nullopt).ok());
  ASSERT_TRUE(Begin(Secret()).ok());
  EXPECT_FALSE(auth_.begun()[0].has_initial_response());
  EXPECT_TRUE(auth_.begun()[1].has_initial_response());
}

TEST_F(AuthBackendTest, ContinuesWithTheSealedState) {
  GrpcAuthBackend backend(server_.MakeChannel());
  std::optional<absl::StatusOr<LogonAnswer>> result;
  backend.Continue(Attempt(), ContinueLogon{"sealed", Secret(std::string("type 3"))},
                   queue_.executor(),
                   [&result](absl::StatusOr<LogonAnswer> answer) { result = std::move(answer); });
  queue_.RunUntil([&result] { return result.has_value(); });
  ASSERT_TRUE(result->ok());
  const auto& accepted = std::get<AuthAccepted>(**result);
  EXPECT_EQ(accepted.account, "accounts/jsmith");
  EXPECT_EQ(accepted.alias, "john.smith");
  EXPECT_EQ(accepted.mailbox_id, "mbx-1");
  EXPECT_EQ(accepted.placement, "mailstore-0");
  EXPECT_EQ(accepted.maildrop_grant, "grant");
  EXPECT_EQ(auth_.continued().sealed_state(), "sealed");
  EXPECT_EQ(auth_.continued().response(), "type 3");
  EXPECT_EQ(auth_.continued().attempt_id(), kAttempt);
  EXPECT_TRUE(std::holds_alternative<AuthAccepted>(LogonEvent(*std::move(result))));
}

TEST_F(AuthBackendTest, RefusalIsAnAnswerWithItsReference) {
  auth_.Script({Rejects(auth::v1::PUBLIC_REASON_CREDENTIALS, 2),
                Rejects(auth::v1::PUBLIC_REASON_MECHANISM_UNKNOWN, -1),
                Rejects(auth::v1::PUBLIC_REASON_MECHANISM_DISABLED, 3600),
                Rejects(auth::v1::PUBLIC_REASON_TLS_REQUIRED),
                Rejects(auth::v1::PUBLIC_REASON_UNSPECIFIED),
                Rejects(static_cast<auth::v1::PublicReason>(77))});
  const std::pair<RefusalReason, absl::Duration> expected[] = {
      {RefusalReason::kCredentials, absl::Seconds(2)},
      {RefusalReason::kMechanismUnknown, absl::ZeroDuration()},
      {RefusalReason::kMechanismDisabled, absl::Seconds(15)},
      {RefusalReason::kTlsRequired, absl::ZeroDuration()},
      {RefusalReason::kCredentials, absl::ZeroDuration()},
      {RefusalReason::kCredentials, absl::ZeroDuration()}};
  for (const auto& [reason, delay] : expected) {
    absl::StatusOr<LogonAnswer> answer = Begin(std::nullopt);
    ASSERT_TRUE(answer.ok());
    const auto& rejected = std::get<AuthRejected>(*answer);
    EXPECT_EQ(rejected.reason, reason);
    EXPECT_EQ(rejected.delay, delay);
    EXPECT_EQ(rejected.reference, AttemptReference(kAttempt));
  }
}

TEST_F(AuthBackendTest, RepeatsWhatWasUnavailableAndNothingElse) {
  auth_.Script({Fails(grpc::UNAVAILABLE), Fails(grpc::UNAVAILABLE), Challenges()});
  EXPECT_TRUE(Begin(std::nullopt).ok());
  std::vector<BeginLogonRequest> begun = auth_.begun();
  ASSERT_EQ(begun.size(), 3u);
  EXPECT_EQ(begun[2].attempt_id(), begun[0].attempt_id());

  auth_.Script({Fails(grpc::INTERNAL)});
  absl::StatusOr<LogonAnswer> answer = Begin(std::nullopt);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(std::holds_alternative<BackendDown>(LogonEvent(answer.status())));
  EXPECT_EQ(auth_.begun().size(), 4u);
}

TEST_F(AuthBackendTest, RepeatsATryThatTookTooLong) {
  auth_.Script({Fails(grpc::DEADLINE_EXCEEDED), Challenges()});
  EXPECT_TRUE(Begin(std::nullopt).ok());
  EXPECT_EQ(auth_.begun().size(), 2u);
}

TEST_F(AuthBackendTest, AnAnswerWithoutOutcomeIsNoDecision) {
  auth_.Script({[](const BeginLogonRequest&, BeginLogonResponse*) { return grpc::Status::OK; }});
  EXPECT_EQ(Begin(std::nullopt).status().code(), absl::StatusCode::kInternal);
}

TEST_F(AuthBackendTest, AuthThatIsAwayIsNoDecisionAfterTheDeadline) {
  server_.Stop();
  absl::StatusOr<LogonAnswer> answer = Begin(std::nullopt, {absl::Milliseconds(200)});
  EXPECT_TRUE(std::holds_alternative<BackendDown>(LogonEvent(answer.status())));
  auth_.Script({Challenges()});
  server_.Start();
  EXPECT_TRUE(Begin(std::nullopt).ok());
}

TEST_F(AuthBackendTest, WaitsForAuthToComeBack) {
  auth_.Script({Challenges()});
  GrpcAuthBackend backend(server_.MakeChannel());
  server_.Stop();
  std::optional<absl::StatusOr<LogonAnswer>> result;
  backend.Begin(Attempt(), BeginLogon{"NTLM", std::nullopt}, queue_.executor(),
                [&result](absl::StatusOr<LogonAnswer> answer) { result = std::move(answer); });
  server_.Start();
  queue_.RunUntil([&result] { return result.has_value(); });
  EXPECT_TRUE(result->ok()) << result->status();
}

// Gives each watcher the policy of now and every later one, until the test breaks the watch.
class PolicyServer : public auth::v1::LogonService::Service {
 public:
  grpc::Status WatchMechanismPolicy(
      grpc::ServerContext* context, const WatchMechanismPolicyRequest* request,
      grpc::ServerWriter<WatchMechanismPolicyResponse>* writer) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(request->protocol(), "pop3");
    const int generation = generation_;
    int sent = 0;
    while (generation == generation_ && !context->IsCancelled()) {
      if (sent < version_) {
        writer->Write(policy_);
        sent = version_;
      }
      changed_.WaitFor(&mutex_, absl::Milliseconds(20));
    }
    return grpc::Status(grpc::UNAVAILABLE, "draining");
  }

  void Publish(bool ntlm_enabled) {
    MutexLock lock(&mutex_);
    policy_.Clear();
    auth::v1::MechanismSetting* ntlm = policy_.mutable_policy()->add_mechanisms();
    ntlm->set_mechanism("ntlm");
    ntlm->set_enabled(ntlm_enabled);
    ntlm->set_require_tls(true);
    ntlm->set_client_first(true);
    ++version_;
    changed_.SignalAll();
  }

  void BreakWatches() {
    MutexLock lock(&mutex_);
    ++generation_;
    changed_.SignalAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  WatchMechanismPolicyResponse policy_ ABSL_GUARDED_BY(mutex_);
  int version_ ABSL_GUARDED_BY(mutex_) = 0;
  int generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

class PolicyCacheTest : public testing::Test {
 protected:
  std::unique_ptr<PolicyCache> MakeCache() {
    PolicyCacheOptions options;
    options.retry_delay = absl::Milliseconds(10);
    options.on_policy = [post = queue_.executor()](const MechanismPolicy&) { post([] {}); };
    return std::make_unique<PolicyCache>(server_.MakeChannel(), logger_, options);
  }

  // Waits until the policy says so.
  void AwaitNtlm(const PolicyCache& cache, bool enabled) {
    queue_.RunUntil([&] {
      std::shared_ptr<const MechanismPolicy> policy = cache.Current();
      return policy != nullptr && policy->mechanisms.at(0).enabled == enabled;
    });
  }

  FakeClock clock_;
  log::Logger logger_{"test", log::Level::kInfo, clock_, [](absl::string_view) {}};
  PolicyServer auth_;
  PlainServer server_{&auth_};
  TaskQueue queue_;
};

TEST_F(PolicyCacheTest, KnowsNothingBeforeTheFirstPolicy) {
  std::unique_ptr<PolicyCache> cache = MakeCache();
  EXPECT_EQ(cache->Current(), nullptr);
}

TEST_F(PolicyCacheTest, FollowsEachChange) {
  std::unique_ptr<PolicyCache> cache = MakeCache();
  for (bool enabled : {true, false, true}) {
    auth_.Publish(enabled);
    AwaitNtlm(*cache, enabled);
  }
  const MechanismPolicy::Mechanism ntlm = cache->Current()->mechanisms.at(0);
  EXPECT_EQ(ntlm.name, "NTLM");
  EXPECT_TRUE(ntlm.require_tls);
  EXPECT_TRUE(ntlm.client_first);
}

TEST_F(PolicyCacheTest, WatchesAgainWhenAWatchBreaks) {
  auth_.Publish(true);
  std::unique_ptr<PolicyCache> cache = MakeCache();
  AwaitNtlm(*cache, true);
  auth_.BreakWatches();
  auth_.Publish(false);
  AwaitNtlm(*cache, false);
}

TEST_F(PolicyCacheTest, KeepsThePolicyWhileAuthIsAwayAndFollowsAfterIts) {
  auth_.Publish(true);
  std::unique_ptr<PolicyCache> cache = MakeCache();
  AwaitNtlm(*cache, true);
  server_.Stop();
  EXPECT_NE(cache->Current(), nullptr);
  auth_.Publish(false);
  server_.Start();
  AwaitNtlm(*cache, false);
}

TEST(OutcomeEvents, DecideOnReasonAndCode) {
  absl::Status busy =
      MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse, "");
  absl::Status lost = MakeError(absl::StatusCode::kAborted, ErrorReason::kLeaseLost, "");
  absl::Status away = absl::UnavailableError("");
  EXPECT_TRUE(std::holds_alternative<Busy>(FailedOpen(busy)));
  EXPECT_TRUE(std::holds_alternative<BackendDown>(FailedOpen(away)));
  EXPECT_TRUE(std::holds_alternative<MailboxDeleted>(FailedOpen(
      MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMailboxDeleted, ""))));
  EXPECT_TRUE(std::holds_alternative<BackendDown>(FailedOpen(absl::FailedPreconditionError(""))));
  EXPECT_TRUE(std::holds_alternative<Closed>(CloseEvent(absl::OkStatus())));
  EXPECT_TRUE(std::holds_alternative<LeaseLost>(CloseEvent(lost)));
  EXPECT_TRUE(std::holds_alternative<BackendDown>(CloseEvent(away)));
  EXPECT_TRUE(std::holds_alternative<LeaseLost>(FailedRead(lost)));
  EXPECT_EQ(std::get<BodyFailed>(FailedRead(absl::NotFoundError(""))).failure,
            BodyFailure::kNotFound);
  EXPECT_EQ(std::get<BodyFailed>(FailedRead(absl::DataLossError(""))).failure,
            BodyFailure::kCorrupt);
  EXPECT_EQ(std::get<BodyFailed>(FailedRead(away)).failure, BodyFailure::kUnavailable);
}

}  // namespace
}  // namespace restante::pop3
