#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/testing/flow_parts.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/sasl/sealed_state.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/crypto/maildrop_grant.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/ntlm_client.h"

namespace restante::logon {
namespace {

using authority::Refusal;

constexpr char kPassword[] = "Correct horse 1";
constexpr char kCaller[] = "spiffe://restante/frontend/pop3-0";
constexpr char kSession[] = "5e5510000000000000000000000000aa";

class LogonFlowTest : public testing::Test {
 protected:
  LogonFlowTest() {
    mechanisms_.push_back(sasl::NewNtlmMechanism(
        {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"}, clock_, random_));
    mechanisms_.push_back(sasl::NewPlainMechanism());
    mechanisms_.push_back(sasl::NewLoginMechanism());
    Create("jsmith", "CORP\\jsmith", "john.smith", kPassword);
    Create("disabled", "CORP\\disabled", "disabled", kPassword);
    directory::AccountChange change;
    change.disabled = true;
    EXPECT_TRUE(directory_->Update("disabled", change, {}).ok());
    Create("nobox", "CORP\\nobox", "", kPassword);
    Create("shared", "CORP\\shared", "shared", nullptr);
  }

  void Create(const char* id, const char* windows_name, const char* alias, const char* password,
              const char* placement = "mailstore-0") {
    directory::NewAccount account;
    account.id = id;
    account.windows_names = {windows_name};
    account.alias = alias;
    account.placement = placement;
    ASSERT_TRUE(directory_->Create(account, {}).ok());
    if (password == nullptr) return;
    const auto credential = directory::CredentialOfPassword(Secret::CopyOf(password));
    ASSERT_TRUE(directory_->SetCredential(id, vault_.Seal(id, *credential), {}).ok());
  }

  static Channel ChannelFrom(const char* address, bool tls = true) {
    Channel channel;
    channel.protocol = "pop3";
    channel.client_address = address;
    channel.client = *IpAddress::Parse(address);
    channel.client_port = 4711;
    channel.connection_id = std::string(32, 'c');
    if (tls) channel.tls = TlsFacts{"TLSv1.3", std::string(32, 'e'), std::string(32, 'x')};
    return channel;
  }

  BeginRequest BeginWith(const char* mechanism, std::optional<Secret> initial_response,
                         Channel channel) {
    BeginRequest request;
    request.attempt_id = NewId(random_);
    request.channel = std::move(channel);
    request.mechanism = mechanism;
    request.initial_response = std::move(initial_response);
    request.session_id = kSession;
    request.caller_identity = kCaller;
    return request;
  }

  absl::StatusOr<Answer> Plain(const std::string& user, const std::string& password,
                               const char* address = "192.0.2.1", bool tls = true) {
    const std::string message =
        absl::StrCat(std::string(1, '\0'), user, std::string(1, '\0'), password);
    return flow_.Begin(BeginWith("plain", Secret::CopyOf(message), ChannelFrom(address, tls)));
  }

  // A fresh source each time, so that no refusal is slowed by an earlier one.
  const char* FreshAddress() {
    fresh_address_ = absl::StrCat("198.51.", ++fresh_, ".1");
    return fresh_address_.c_str();
  }

  ContinueRequest ContinueWith(const BeginRequest& begin, const ChallengeAnswer& challenge,
                               const std::string& response) {
    ContinueRequest request;
    request.attempt_id = begin.attempt_id;
    request.channel = begin.channel;
    request.sealed_state = challenge.sealed_state;
    request.response = Secret::CopyOf(response);
    request.caller_identity = kCaller;
    return request;
  }

  absl::StatusOr<Answer> Ntlm(const NtlmClient& client, const char* address = "192.0.2.1",
                              bool tls = true) {
    const std::string negotiate = client.Negotiate();
    const BeginRequest begin =
        BeginWith("NTLM", Secret::CopyOf(negotiate), ChannelFrom(address, tls));
    const auto first = flow_.Begin(begin);
    if (!first.ok() || !std::holds_alternative<ChallengeAnswer>(*first)) return first;
    const auto& challenge = std::get<ChallengeAnswer>(*first);
    return flow_.Continue(
        ContinueWith(begin, challenge, client.Authenticate(negotiate, challenge.server_message)));
  }

  static NtlmClient Client(const char* user, const char* domain, const char* password = kPassword) {
    NtlmClient client;
    client.user = user;
    client.domain = domain;
    client.password = password;
    return client;
  }

  static Rejection RejectionOf(const absl::StatusOr<Answer>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    return std::get<Rejection>(*answer);
  }
  Refusal LastRefusal() const { return *observer_.attempts.back().refusal; }

  void SetPolicy(const char* mechanism, bool enabled, bool require_tls) {
    ASSERT_TRUE(
        directory_->UpdatePolicy("pop3", {.mechanisms = {{mechanism, enabled, require_tls}}}, {})
            .ok());
  }

  LogonFlow FlowWith(const FlowSettings& settings) {
    return LogonFlow({*directory_, authority_, mechanisms_, decider_, throttle_, observer_,
                      state_keys_, grant_keys_, clock_, random_},
                     settings);
  }

  FakeClock clock_;
  FakeRandom random_;
  std::unique_ptr<directory::Directory> directory_ =
      directory::MakeMemoryDirectory({{.protocol = "pop3",
                                       .mechanisms = {{"NTLM", true, true, true},
                                                      {"PLAIN", true, true, true},
                                                      {"LOGIN", true, true, false}},
                                       .revision = 0,
                                       .update_time = {}}},
                                     clock_, random_);
  directory::CredentialVault vault_{Keys('v'), random_};
  authority::LocalAuthority authority_{vault_, {}, random_};
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  Decider decider_{*directory_,
                   {.default_domain = "CORP",
                    .accepted_domains = {},
                    .own_names = {"CORP", "MAIL", "corp.example"}}};
  Throttle throttle_{clock_};
  Recorder observer_;
  const KeyRing state_keys_ = Keys('s');
  const std::map<std::string, KeyRing> grant_keys_ = GrantKeys();
  LogonFlow flow_ = FlowWith({.netbios_domain = "CORP", .development_mode = false});
  int fresh_ = 0;
  std::string fresh_address_;
};

TEST_F(LogonFlowTest, OpensTheMailboxOfAnotherNameByNtlm) {
  const auto answer = Ntlm(Client("jsmith", "CORP"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_TRUE(std::holds_alternative<Identity>(*answer)) << ReasonOf(observer_.attempts.back());
  const Identity& identity = std::get<Identity>(*answer);
  EXPECT_EQ(identity.account_id, "jsmith");
  EXPECT_EQ(identity.alias, "john.smith");
  EXPECT_EQ(identity.session_id, kSession);
  EXPECT_EQ(identity.grant_expire_time, clock_.WallNow() + absl::Seconds(60));
  const auto grant =
      OpenGrant(identity.maildrop_grant, grant_keys_.at("mailstore-0"), clock_.WallNow());
  ASSERT_TRUE(grant.ok());
  EXPECT_EQ(grant->mailbox_id, identity.mailbox_id);
  EXPECT_EQ(grant->session_id, kSession);
  EXPECT_EQ(grant->frontend_identity, kCaller);
  EXPECT_EQ(grant->rights, MaildropGrant::kRead | MaildropGrant::kDelete);
  ASSERT_EQ(observer_.attempts.size(), 1u);
  EXPECT_TRUE(observer_.attempts[0].accepted());
  EXPECT_EQ(observer_.attempts[0].account_id, "jsmith");
  EXPECT_EQ(observer_.attempts[0].client_name, "CORP\\jsmith");
}

TEST_F(LogonFlowTest, TakesWhatClientsMakeOfTheDomain) {
  struct {
    const char* user;
    const char* domain;
    const char* proof_domain;
  } const cases[] = {
      {"jsmith", "", nullptr},        // curl without a domain
      {"jsmith", "corp", nullptr},    // in any case
      {"jsmith", "MAIL", nullptr},    // an echo of the server's own name
      {"CORP\\jsmith", "", nullptr},  // not split
      {"CORP\\jsmith", "MAIL", nullptr},
      {"jsmith", "orpC", "CORP"},  // garbage in the field, sense in the proof
      {"jsmith", "orpC", ""},
  };
  for (const auto& tried : cases) {
    NtlmClient client = Client(tried.user, tried.domain);
    client.proof_domain = tried.proof_domain;
    const auto answer = Ntlm(client);
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(std::holds_alternative<Identity>(*answer))
        << tried.domain << " " << ReasonOf(observer_.attempts.back());
  }
}

TEST_F(LogonFlowTest, AForeignDomainWithTheRightPasswordOpensNothing) {
  RejectionOf(Ntlm(Client("jsmith", "OTHER")));
  EXPECT_FALSE(observer_.attempts.back().accepted());
  RejectionOf(Plain("OTHER\\jsmith", kPassword));
  EXPECT_EQ(LastRefusal(), Refusal::kUnknownName);
}

TEST_F(LogonFlowTest, ProvesByPlainAndLogin) {
  EXPECT_TRUE(std::holds_alternative<Identity>(*Plain("CORP\\jsmith", kPassword)));
  EXPECT_TRUE(std::holds_alternative<Identity>(*Plain("jsmith", kPassword)));
  const BeginRequest begin = BeginWith("LOGIN", std::nullopt, ChannelFrom("192.0.2.1"));
  const auto first = flow_.Begin(begin);
  const auto second =
      flow_.Continue(ContinueWith(begin, std::get<ChallengeAnswer>(*first), "jsmith"));
  ASSERT_TRUE(second.ok());
  const auto third =
      flow_.Continue(ContinueWith(begin, std::get<ChallengeAnswer>(*second), kPassword));
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(std::holds_alternative<Identity>(*third));
}

// Promise X4: nothing that a client sees tells these apart.
TEST_F(LogonFlowTest, AnswersEveryRefusalAlike) {
  struct {
    const char* user;
    const char* password;
    Refusal refusal;
  } const cases[] = {
      {"nobody", "wrong", Refusal::kUnknownName},
      {"nobody", kPassword, Refusal::kUnknownName},
      {"jsmith", "wrong", Refusal::kWrongPassword},
      {"disabled", kPassword, Refusal::kAccountDisabled},
      {"nobox", kPassword, Refusal::kNoMailbox},
      {"shared", "wrong", Refusal::kNoCredential},
  };
  for (const bool ntlm : {true, false}) {
    for (const auto& tried : cases) {
      const char* address = FreshAddress();
      for (int repeat = 1; repeat <= 6; ++repeat) {
        const Rejection rejection =
            RejectionOf(ntlm ? Ntlm(Client(tried.user, "CORP", tried.password), address)
                             : Plain(absl::StrCat("CORP\\", tried.user), tried.password, address));
        EXPECT_EQ(rejection.public_reason, PublicReason::kCredentials);
        const absl::Duration expected =
            repeat <= 3 ? absl::Milliseconds(500) : absl::Seconds(1 << (repeat - 4));
        EXPECT_EQ(rejection.delay, expected) << tried.user << " " << repeat;
        EXPECT_EQ(LastRefusal(), tried.refusal) << tried.user;
      }
    }
  }
}

TEST_F(LogonFlowTest, TellsOldNtlmAsidePreciselyAndPubliclyNot) {
  NtlmClient client = Client("jsmith", "CORP");
  client.form = NtlmClient::Form::kNtlmV1;
  EXPECT_EQ(RejectionOf(Ntlm(client)).public_reason, PublicReason::kCredentials);
  EXPECT_EQ(LastRefusal(), Refusal::kNtlmV1NotAllowed);
}

// Everything about a form is the operator's to know: what the client spoke, and which switch.
TEST_F(LogonFlowTest, NamesTheFormOfNtlmAndTheSwitch) {
  using testing::HasSubstr;
  NtlmClient client = Client("jsmith", "CORP");
  client.form = NtlmClient::Form::kNtlmV1;
  client.workstation = "PC\n1";
  RejectionOf(Ntlm(client));
  const Attempt& attempt = observer_.attempts.back();
  EXPECT_EQ(attempt.ntlm_form, "NTLMv1");
  EXPECT_EQ(attempt.ntlm_evidence, "domain \"CORP\", workstation \"PC\\x0a1\"");
  EXPECT_EQ(attempt.trace.back().rule, "authority");
  EXPECT_THAT(attempt.trace.back().finding,
              HasSubstr("this client speaks NTLMv1, which is not allowed"));
  EXPECT_THAT(NextStepOf(attempt), HasSubstr("--weakest-ntlm-response ntlmv1"));

  directory::AccountChange change;
  change.weakest_ntlm_response = ntlm::WeakestResponse::kNtlmV1;
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_TRUE(std::holds_alternative<Identity>(*Ntlm(client)));
  SetPolicy("NTLM", true, false);
  RejectionOf(Ntlm(client, "192.0.2.1", false));
  EXPECT_EQ(LastRefusal(), Refusal::kWeakNtlmWithoutTls);
  EXPECT_THAT(NextStepOf(observer_.attempts.back()), HasSubstr("--weak-ntlm-without-tls"));
  directory::PolicyChange without_tls;
  without_tls.ntlm = ntlm::Policy{};
  without_tls.ntlm->weak_responses_without_tls = true;
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", without_tls, {}).ok());
  EXPECT_TRUE(std::holds_alternative<Identity>(*Ntlm(client, "192.0.2.1", false)));
}

// Development mode lifts the need for TLS of a mechanism, and not what keeps a weak proof safe.
TEST_F(LogonFlowTest, WeakNtlmNeedsItsSwitchInDevelopmentModeToo) {
  const LogonFlow development = FlowWith({.netbios_domain = "CORP", .development_mode = true});
  directory::AccountChange change;
  change.weakest_ntlm_response = ntlm::WeakestResponse::kNtlmV1;
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  NtlmClient client = Client("jsmith", "CORP");
  client.form = NtlmClient::Form::kNtlmV1;
  const std::string negotiate = client.Negotiate();
  const BeginRequest begin =
      BeginWith("NTLM", Secret::CopyOf(negotiate), ChannelFrom("127.0.0.1", false));
  const auto challenge = std::get<ChallengeAnswer>(*development.Begin(begin));
  RejectionOf(development.Continue(
      ContinueWith(begin, challenge, client.Authenticate(negotiate, challenge.server_message))));
  EXPECT_EQ(LastRefusal(), Refusal::kWeakNtlmWithoutTls);
}

TEST_F(LogonFlowTest, NotesWhatAnNtlmClientSaysOfItself) {
  NtlmClient client = Client("jsmith", "CORP");
  client.target_name = "pop/\x1bmail" + std::string(100, 'x');
  client.filetime = 133'000'000'000'000'000;
  client.send_mic = true;
  EXPECT_TRUE(std::holds_alternative<Identity>(*Ntlm(client)));
  const std::string& evidence = observer_.attempts.back().ntlm_evidence;
  EXPECT_EQ(observer_.attempts.back().ntlm_form, "NTLMv2");
  EXPECT_THAT(evidence, testing::HasSubstr("target \"pop/\\x1bmailxxx"));
  EXPECT_THAT(evidence, testing::HasSubstr("xx...\", clock 2022-06-18T04:26:40Z, MIC"));
  EXPECT_LT(evidence.size(), 300u);
  RejectionOf(Plain("jsmith", "wrong"));
  EXPECT_EQ(observer_.attempts.back().ntlm_form, "");
}

TEST_F(LogonFlowTest, GivesADelegateTheOwnersMailboxAndNoMoreThanItsRights) {
  const auto grant_of = [this](const absl::StatusOr<Answer>& answer) {
    const Identity& identity = std::get<Identity>(*answer);
    EXPECT_EQ(identity.account_id, "jsmith");
    EXPECT_EQ(identity.alias, "shared");
    const auto grant =
        OpenGrant(identity.maildrop_grant, grant_keys_.at("mailstore-0"), clock_.WallNow());
    EXPECT_EQ(grant->mailbox_id, (*directory_->Get("shared"))->mailbox_id);
    EXPECT_EQ(grant->mailbox_id, identity.mailbox_id);
    EXPECT_EQ(identity.may_delete, (grant->rights & MaildropGrant::kDelete) != 0);
    return grant->rights;
  };
  ASSERT_TRUE(directory_->GrantDelegate("shared", {.account_id = "jsmith"}, {}).ok());
  EXPECT_EQ(grant_of(Plain("jsmith/shared", kPassword)), MaildropGrant::kRead);
  EXPECT_EQ(grant_of(Ntlm(Client("jsmith/shared", ""))), MaildropGrant::kRead);
  const Attempt& attempt = observer_.attempts.back();
  EXPECT_EQ(attempt.account_id, "jsmith");
  EXPECT_EQ(attempt.alias, "shared");
  ASSERT_TRUE(
      directory_->GrantDelegate("shared", {.account_id = "jsmith", .may_delete = true}, {}).ok());
  EXPECT_EQ(grant_of(Plain("jsmith/shared", kPassword)),
            MaildropGrant::kRead | MaildropGrant::kDelete);
  RejectionOf(Plain("jsmith/shared", "wrong"));
  EXPECT_EQ(LastRefusal(), Refusal::kWrongPassword);
}

TEST_F(LogonFlowTest, RefusesAnotherMailboxAndAnotherIdentity) {
  RejectionOf(Plain("CORP/jsmith/shared", kPassword));
  EXPECT_EQ(LastRefusal(), Refusal::kNotDelegate);
  EXPECT_TRUE(std::holds_alternative<Identity>(*Plain("jsmith/john.smith", kPassword)));
  const auto acting_for = [this](absl::string_view authorization) {
    const std::string message = absl::StrCat(authorization, std::string(1, '\0'), "jsmith",
                                             std::string(1, '\0'), kPassword);
    return flow_.Begin(BeginWith("PLAIN", Secret::CopyOf(message), ChannelFrom("192.0.2.1")));
  };
  RejectionOf(acting_for("shared"));
  EXPECT_EQ(LastRefusal(), Refusal::kNotDelegate);
  RejectionOf(acting_for("CORP\\nobody"));
  EXPECT_TRUE(std::holds_alternative<Identity>(*acting_for("CORP\\jsmith")));
  EXPECT_TRUE(std::holds_alternative<Identity>(*acting_for("john.smith")));
}

TEST_F(LogonFlowTest, KeepsToTheProtocolsPolicy) {
  EXPECT_EQ(RejectionOf(Plain("jsmith", kPassword, "192.0.2.1", false)).public_reason,
            PublicReason::kTlsRequired);
  EXPECT_EQ(LastRefusal(), Refusal::kTlsRequired);
  SetPolicy("PLAIN", true, false);
  EXPECT_TRUE(std::holds_alternative<Identity>(*Plain("jsmith", kPassword, "192.0.2.1", false)));
  SetPolicy("PLAIN", false, false);
  const Rejection disabled = RejectionOf(Plain("jsmith", kPassword));
  EXPECT_EQ(disabled.public_reason, PublicReason::kMechanismDisabled);
  EXPECT_EQ(disabled.delay, absl::ZeroDuration());
  const auto unknown = flow_.Begin(BeginWith("GSSAPI", std::nullopt, ChannelFrom("192.0.2.1")));
  EXPECT_EQ(RejectionOf(unknown).public_reason, PublicReason::kMechanismUnknown);
  Channel imap = ChannelFrom("192.0.2.1");
  imap.protocol = "imap";
  EXPECT_EQ(flow_.Begin(BeginWith("NTLM", std::nullopt, imap)).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(LogonFlowTest, HoldsThePolicyAgainBetweenTheMessages) {
  const NtlmClient client = Client("jsmith", "CORP");
  const std::string negotiate = client.Negotiate();
  const BeginRequest begin = BeginWith("NTLM", Secret::CopyOf(negotiate), ChannelFrom("192.0.2.1"));
  const auto challenge = std::get<ChallengeAnswer>(*flow_.Begin(begin));
  const ContinueRequest next =
      ContinueWith(begin, challenge, client.Authenticate(negotiate, challenge.server_message));
  SetPolicy("NTLM", false, true);
  EXPECT_EQ(RejectionOf(flow_.Continue(next)).public_reason, PublicReason::kMechanismDisabled);
  SetPolicy("NTLM", true, true);
  EXPECT_TRUE(std::holds_alternative<Identity>(*flow_.Continue(next)));
}

TEST_F(LogonFlowTest, PermitsNoTlsFromLoopbackInDevelopmentModeOnly) {
  const LogonFlow development = FlowWith({.netbios_domain = "CORP", .development_mode = true});
  const auto try_from = [this](const LogonFlow& flow, const char* address) {
    const std::string message =
        absl::StrCat(std::string(1, '\0'), "jsmith", std::string(1, '\0'), kPassword);
    return std::holds_alternative<Identity>(
        *flow.Begin(BeginWith("PLAIN", Secret::CopyOf(message), ChannelFrom(address, false))));
  };
  EXPECT_TRUE(try_from(development, "127.0.0.1"));
  EXPECT_TRUE(try_from(development, "::1"));
  EXPECT_FALSE(try_from(development, "192.0.2.1"));
  EXPECT_FALSE(try_from(flow_, "127.0.0.1"));
}

TEST_F(LogonFlowTest, BindsTheStateToAttemptAndChannel) {
  const NtlmClient client = Client("jsmith", "CORP");
  const std::string negotiate = client.Negotiate();
  const BeginRequest begin = BeginWith("NTLM", Secret::CopyOf(negotiate), ChannelFrom("192.0.2.1"));
  const auto challenge = std::get<ChallengeAnswer>(*flow_.Begin(begin));
  const std::string answer = client.Authenticate(negotiate, challenge.server_message);
  const auto with = [&](auto change) {
    ContinueRequest request = ContinueWith(begin, challenge, answer);
    change(&request);
    return flow_.Continue(request);
  };
  const auto expect_invalid = [](const absl::StatusOr<Answer>& answered) {
    EXPECT_EQ(GetErrorReason(answered.status()), ErrorReason::kSealedStateInvalid);
  };
  expect_invalid(with([](auto* r) { r->attempt_id = std::string(32, '0'); }));
  expect_invalid(with([](auto* r) { r->channel.connection_id = std::string(32, '0'); }));
  expect_invalid(with([](auto* r) { r->channel.client_address = "192.0.2.2"; }));
  expect_invalid(with([](auto* r) { r->channel.client_port = 1; }));
  expect_invalid(with([](auto* r) { r->channel.tls.reset(); }));
  expect_invalid(with([](auto* r) { r->channel.tls->server_end_point = "other"; }));
  expect_invalid(with([](auto* r) { r->sealed_state.back() ^= 1; }));
  expect_invalid(with([](auto* r) { r->sealed_state.clear(); }));
  EXPECT_TRUE(observer_.attempts.empty());
  EXPECT_TRUE(std::holds_alternative<Identity>(*with([](auto*) {})));
}

TEST_F(LogonFlowTest, RefusesAStateThatGrewOld) {
  const NtlmClient client = Client("jsmith", "CORP");
  const std::string negotiate = client.Negotiate();
  const BeginRequest begin = BeginWith("NTLM", Secret::CopyOf(negotiate), ChannelFrom("192.0.2.1"));
  const auto challenge = std::get<ChallengeAnswer>(*flow_.Begin(begin));
  clock_.Advance(absl::Seconds(61));
  const auto late = flow_.Continue(
      ContinueWith(begin, challenge, client.Authenticate(negotiate, challenge.server_message)));
  EXPECT_EQ(RejectionOf(late).public_reason, PublicReason::kCredentials);
  EXPECT_EQ(LastRefusal(), Refusal::kChallengeExpired);
}

TEST_F(LogonFlowTest, RefusesMalformedMessages) {
  for (const char* octets : {"x", "NTLMSSP", "AAAAAAAAAAAAAAAAAAAAAAAA"}) {
    const auto answer =
        flow_.Begin(BeginWith("NTLM", Secret::CopyOf(octets), ChannelFrom(FreshAddress())));
    const Rejection rejection = RejectionOf(answer);
    EXPECT_EQ(rejection.public_reason, PublicReason::kCredentials);
    EXPECT_EQ(rejection.delay, Throttle::kLeastDelay);
    EXPECT_EQ(LastRefusal(), Refusal::kMessageMalformed);
  }
}

TEST_F(LogonFlowTest, CannotDecideWithoutAKey) {
  Create("elsewhere", "CORP\\elsewhere", "elsewhere", kPassword, "mailstore-9");
  EXPECT_EQ(Plain("elsewhere", kPassword).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(observer_.attempts.back()), "UNDECIDED");
  ASSERT_TRUE(directory_->SetCredential("jsmith", {"k9", "octets"}, {}).ok());
  EXPECT_EQ(GetErrorReason(Plain("jsmith", kPassword).status()),
            ErrorReason::kCredentialKeyMissing);
  EXPECT_EQ(observer_.attempts.back().account_id, "jsmith");
}

TEST_F(LogonFlowTest, TheOwnerGetsInWhileAnotherGuesses) {
  for (int i = 0; i < 50; ++i) RejectionOf(Plain("jsmith", "guess", "203.0.113.5"));
  EXPECT_EQ(RejectionOf(Plain("jsmith", "guess", "203.0.113.5")).delay, Throttle::kMostDelay);
  const absl::StatusOr<Answer> elsewhere = Plain("jsmith", kPassword, "192.0.2.1");
  ASSERT_TRUE(std::holds_alternative<Identity>(*elsewhere));
  EXPECT_EQ(std::get<Identity>(*elsewhere).delay, absl::ZeroDuration());
  // A right guess is not known by being told sooner than the wrong ones beside it.
  const absl::StatusOr<Answer> guessed = Plain("jsmith", kPassword, "203.0.113.5");
  ASSERT_TRUE(std::holds_alternative<Identity>(*guessed));
  EXPECT_EQ(std::get<Identity>(*guessed).delay, Throttle::kMostDelay);
}

TEST_F(LogonFlowTest, ExplainsWhatWouldBeDecided) {
  HypotheticalLogon logon;
  logon.client_name = "CORP\\jsmith";
  logon.mechanism = "NTLM";
  logon.protocol = "pop3";
  Attempt attempt = *flow_.Explain(logon);
  EXPECT_TRUE(attempt.accepted());
  EXPECT_EQ(ReasonOf(attempt), "ACCEPTED");
  EXPECT_EQ(attempt.alias, "john.smith");
  EXPECT_EQ(attempt.trace.back().rule, "ntlm-policy");
  EXPECT_THAT(attempt.trace.back().finding, testing::HasSubstr("NTLMv2 alone, by the policy"));
  logon.tls = false;
  attempt = *flow_.Explain(logon);
  EXPECT_EQ(ReasonOf(attempt), "TLS_REQUIRED");
  EXPECT_EQ(attempt.account_id, "jsmith");
  logon.tls = true;
  logon.client_name = "CORP\\shared";
  EXPECT_EQ(ReasonOf(*flow_.Explain(logon)), "NO_CREDENTIAL");
  logon.client_name = "CORP\\disabled";
  EXPECT_EQ(ReasonOf(*flow_.Explain(logon)), "ACCOUNT_DISABLED");
  logon.client_name = "no\\such\\name";
  EXPECT_EQ(ReasonOf(*flow_.Explain(logon)), "NAME_MALFORMED");
  EXPECT_FALSE(NextStepOf(*flow_.Explain(logon)).empty());
  EXPECT_TRUE(observer_.attempts.empty());
}

TEST_F(LogonFlowTest, LeavesNoSecretInTheAttempt) {
  Plain("jsmith", "Wrong-but-secret").IgnoreError();
  Ntlm(Client("jsmith", "CORP", "Wrong-but-secret")).IgnoreError();
  for (const Attempt& attempt : observer_.attempts) {
    for (const TraceStep& step : attempt.trace) {
      EXPECT_THAT(step.finding, testing::Not(testing::HasSubstr("Wrong-but-secret")));
    }
    EXPECT_THAT(attempt.client_name, testing::Not(testing::HasSubstr("Wrong")));
  }
}

}  // namespace
}  // namespace restante::logon
