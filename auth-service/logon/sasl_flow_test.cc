// Logons by SCRAM, EXTERNAL and tokens, from their first octet to a mailbox or a refusal.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/scram_lookup.h"
#include "auth-service/logon/testing/flow_parts.h"
#include "common/base/ids.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/scram_client.h"
#include "tests/support/token_issuer.h"

namespace restante::logon {
namespace {

using authority::Refusal;

constexpr char kPassword[] = "Correct horse 1";
constexpr char kToken[] = R"({"iss":"i","aud":"a","sub":"SUB","exp":4102444800})";

class SaslFlowTest : public testing::Test, public oauth::KeySource {
 protected:
  SaslFlowTest() {
    const auto find = [this](absl::string_view protocol, absl::string_view name) {
      return lookup_.Find(protocol, name);
    };
    mechanisms_.push_back(sasl::NewExternalMechanism());
    mechanisms_.push_back(sasl::NewScramMechanism(true, find, random_));
    mechanisms_.push_back(sasl::NewScramMechanism(false, find, random_));
    mechanisms_.push_back(sasl::NewPlainMechanism());
    mechanisms_.push_back(sasl::NewOauthBearerMechanism(tokens_));
    Create("jsmith", "john.smith");
    Create("boss", "the.boss");
  }

  std::shared_ptr<const oauth::KeySet> Current() override { return keys_; }

  static directory::ProtocolPolicy Policy() {
    directory::ProtocolPolicy policy;
    policy.protocol = "pop3";
    for (const char* name :
         {"EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER"}) {
      directory::MechanismSetting setting;
      setting.mechanism = name;
      setting.client_first = true;
      setting.needs_channel_binding = setting.mechanism == "SCRAM-SHA-256-PLUS";
      setting.needs_certificate = setting.mechanism == "EXTERNAL";
      policy.mechanisms.push_back(setting);
    }
    return policy;
  }

  void Create(const std::string& id, const std::string& alias) {
    directory::NewAccount account;
    account.id = id;
    account.windows_names = {"CORP\\" + id};
    account.principal_names = {id + "@corp.example"};
    account.alias = alias;
    account.certificate_names = {absl::StrCat("email:", id, "@corp.example")};
    account.token_subjects = {id + "-17"};
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Create(account, {}).ok());
    SetPassword(id, kPassword);
  }
  void SetPassword(const std::string& id, const char* password) {
    const auto credential = vault_.CredentialOf(Secret::CopyOf(password));
    ASSERT_TRUE(directory_->SetCredential(id, vault_.Seal(id, *credential), {}).ok());
  }
  void Disable(const std::string& id) {
    directory::AccountChange change;
    change.disabled = true;
    ASSERT_TRUE(directory_->Update(id, change, {}).ok());
  }

  // A fresh source each time, so that no refusal is slowed by an earlier one.
  Channel FreshChannel(std::vector<std::string> certificate_names = {}) {
    Channel channel;
    channel.protocol = "pop3";
    channel.client_address = absl::StrCat("198.51.", ++fresh_, ".1");
    channel.client = *IpAddress::Parse(channel.client_address);
    channel.client_port = 4711;
    channel.connection_id = std::string(32, 'c');
    channel.tls = TlsFacts{"TLSv1.3", std::string(32, 'e'), std::string(32, 'x'),
                           std::move(certificate_names)};
    return channel;
  }

  Answer Begin(const std::string& mechanism, const std::string& message, Channel channel) {
    begun_.attempt_id = NewId(random_);
    begun_.channel = std::move(channel);
    begun_.mechanism = mechanism;
    begun_.initial_response = Secret::CopyOf(message);
    begun_.session_id = std::string(32, '5');
    begun_.caller_identity = "spiffe://restante/frontend/pop3-0";
    return *flow_.Begin(begun_);
  }
  Answer Continue(const Answer& challenge, const std::string& response) {
    ContinueRequest request;
    request.attempt_id = begun_.attempt_id;
    request.channel = begun_.channel;
    request.sealed_state = std::get<ChallengeAnswer>(challenge).sealed_state;
    request.response = Secret::CopyOf(response);
    request.caller_identity = begun_.caller_identity;
    return *flow_.Continue(request);
  }
  static const std::string& MessageOf(const Answer& answer) {
    return std::get<ChallengeAnswer>(answer).server_message;
  }

  ScramClient Client(const std::string& user) {
    ScramClient client;
    client.user = user;
    client.password = kPassword;
    return client;
  }
  // Up to the server's own proof, or the refusal.
  Answer Prove(ScramClient* client, const char* mechanism = "SCRAM-SHA-256") {
    Answer first = Begin(mechanism, client->First(), FreshChannel());
    if (!std::holds_alternative<ChallengeAnswer>(first)) return first;
    return Continue(first, client->Final(MessageOf(first)));
  }
  // The alias that is opened, or why none is.
  std::string Scram(ScramClient client, const char* mechanism = "SCRAM-SHA-256") {
    Answer last = Prove(&client, mechanism);
    if (std::holds_alternative<ChallengeAnswer>(last)) {
      EXPECT_TRUE(client.ServerIsRight(MessageOf(last)));
      last = Continue(last, "");
    }
    return Outcome(last);
  }
  std::string Outcome(const Answer& answer) {
    if (const auto* identity = std::get_if<Identity>(&answer)) return identity->alias;
    const auto* rejection = std::get_if<Rejection>(&answer);
    if (rejection == nullptr) return "challenge";
    EXPECT_EQ(rejection->public_reason, PublicReason::kCredentials);
    EXPECT_EQ(rejection->delay, Throttle::kLeastDelay);
    return std::string(RefusalName(*observer_.attempts.back().refusal));
  }
  std::string SaltOf(const std::string& user) {
    const std::string first =
        MessageOf(Begin("SCRAM-SHA-256", Client(user).First(), FreshChannel()));
    return first.substr(first.find(",s="));
  }
  std::string External(std::vector<std::string> names, const std::string& authorization_id = "") {
    return Outcome(Begin("EXTERNAL", authorization_id, FreshChannel(std::move(names))));
  }
  std::string Bearer(const std::string& subject, const std::string& user = "") {
    std::string claims = kToken;
    claims.replace(claims.find("SUB"), 3, subject);
    const std::string header = user.empty() ? "n,," : absl::StrCat("n,a=", user, ",");
    return Outcome(
        Begin("OAUTHBEARER",
              absl::StrCat(header, "\x01", "auth=Bearer ", issuer_.Token(claims), "\x01\x01"),
              FreshChannel()));
  }

  FakeClock clock_;
  FakeRandom random_;
  const std::unique_ptr<directory::Directory> directory_ =
      directory::MakeMemoryDirectory({Policy()}, clock_, random_);
  const directory::CredentialVault vault_{Keys('v'), random_};
  const authority::LocalAuthority authority_{vault_, {}, random_};
  const Decider decider_{*directory_,
                         {.default_domain = "CORP",
                          .accepted_domains = {"corp.example"},
                          .own_names = {"CORP", "MAIL"}}};
  const ScramLookup lookup_{*directory_, decider_, authority_};
  const TokenIssuer issuer_{TokenIssuer::Kind::kEc};
  const std::shared_ptr<const oauth::KeySet> keys_ = *oauth::KeySet::Parse(issuer_.KeySet());
  const oauth::TokenVerifier tokens_{{.issuer = "i", .audience = "a"}, *this, clock_};
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  Throttle throttle_{clock_};
  Recorder observer_;
  const KeyRing state_keys_ = Keys('s');
  const std::map<std::string, KeyRing> grant_keys_ = GrantKeys();
  const LogonFlow flow_{{*directory_, authority_, mechanisms_, decider_, throttle_, observer_,
                         state_keys_, grant_keys_, clock_, random_},
                        {.netbios_domain = "CORP"}};
  BeginRequest begun_;
  int fresh_ = 0;
};

TEST_F(SaslFlowTest, ScramOpensTheMailbox) {
  EXPECT_EQ(Scram(Client("CORP\\jsmith")), "john.smith");
  EXPECT_EQ(Scram(Client("jsmith@corp.example")), "john.smith");
  ScramClient client = Client("jsmith");
  client.gs2_header = "p=tls-exporter,,";
  client.binding_data = std::string(32, 'x');
  EXPECT_EQ(Scram(client, "SCRAM-SHA-256-PLUS"), "john.smith");
  EXPECT_EQ(observer_.attempts.size(), 3u);
  EXPECT_EQ(observer_.attempts.back().client_name, "jsmith");
}

TEST_F(SaslFlowTest, ScramRefusesAlike) {
  ScramClient wrong = Client("jsmith");
  wrong.password = "Correct horse 2";
  EXPECT_EQ(Scram(wrong), "WRONG_PASSWORD");
  EXPECT_EQ(Scram(Client("nobody")), "UNKNOWN_NAME");
  ScramClient stripped = Client("jsmith");
  stripped.gs2_header = "y,,";
  EXPECT_EQ(Scram(stripped), "CHANNEL_BINDING_STRIPPED");
  EXPECT_EQ(observer_.attempts.back().client_name, "jsmith");
  Disable("jsmith");
  EXPECT_EQ(Scram(Client("jsmith")), "ACCOUNT_DISABLED");
  // Only an NT hash.
  const auto credential = directory::CredentialOfPassword(Secret::CopyOf(kPassword));
  ASSERT_TRUE(directory_->SetCredential("boss", vault_.Seal("boss", *credential), {}).ok());
  EXPECT_EQ(Scram(Client("boss")), "NO_CREDENTIAL");
}

TEST_F(SaslFlowTest, ScramLetsNobodyInWithoutTheLastRound) {
  ScramClient client = Client("jsmith");
  const Answer proven = Prove(&client);
  ASSERT_TRUE(std::holds_alternative<ChallengeAnswer>(proven));
  EXPECT_TRUE(observer_.attempts.empty());
  EXPECT_EQ(Outcome(Continue(proven, "x")), "MESSAGE_MALFORMED");
  EXPECT_EQ(Outcome(Continue(proven, "")), "john.smith");
  clock_.Advance(absl::Seconds(61));
  EXPECT_EQ(Outcome(Continue(proven, "")), "CHALLENGE_EXPIRED");
}

TEST_F(SaslFlowTest, WhatChangesBetweenTheRoundsCounts) {
  ScramClient client = Client("jsmith");
  const Answer first = Begin("SCRAM-SHA-256", client.First(), FreshChannel());
  SetPassword("jsmith", kPassword);  // another salt
  EXPECT_EQ(Outcome(Continue(first, client.Final(MessageOf(first)))), "WRONG_PASSWORD");
  const Answer proven = Prove(&client);
  Disable("jsmith");
  EXPECT_EQ(Outcome(Continue(proven, "")), "ACCOUNT_DISABLED");
  ScramClient boss = Client("boss");
  const Answer of_boss = Prove(&boss);
  // Deleted, and the name given to somebody else.
  ASSERT_TRUE(directory_->Purge("boss", {}).ok());
  directory::NewAccount other;
  other.id = "other";
  other.windows_names = {"CORP\\boss"};
  other.alias = "other";
  other.placement = "mailstore-0";
  if (directory_->Create(other, {}).ok()) {
    EXPECT_EQ(Outcome(Continue(of_boss, "")), "UNKNOWN_NAME");
  }
}

TEST_F(SaslFlowTest, ScramHidesWhoThereIs) {
  EXPECT_EQ(SaltOf("nobody"), SaltOf("CORP\\Nobody"));
  EXPECT_EQ(SaltOf("nobody"), SaltOf("nobody@corp.example"));
  EXPECT_EQ(SaltOf("jsmith"), SaltOf("CORP\\JSmith"));
  EXPECT_EQ(SaltOf("jsmith"), SaltOf("jsmith@corp.example"));
  EXPECT_NE(SaltOf("nobody"), SaltOf("somebody"));
  EXPECT_NE(SaltOf("nobody"), SaltOf("OTHER\\nobody"));
  EXPECT_NE(SaltOf("jsmith"), SaltOf("OTHER\\jsmith"));
  EXPECT_NE(SaltOf("nobody@other.example"), SaltOf("nobody"));
  EXPECT_EQ(SaltOf("nobody").size(), SaltOf("jsmith").size());
  EXPECT_EQ(SaltOf("a/b/c/d"), SaltOf("a/b/c/d"));
}

TEST_F(SaslFlowTest, NobodyActsForAnother) {
  ScramClient client = Client("jsmith");
  client.gs2_header = "n,a=boss,";
  EXPECT_EQ(Scram(client), "NOT_DELEGATE");
  client.gs2_header = "n,a=john.smith,";
  EXPECT_EQ(Scram(client), "john.smith");
  EXPECT_EQ(External({"email:jsmith@corp.example"}, "boss"), "NOT_DELEGATE");
  EXPECT_EQ(Bearer("jsmith-17", "boss"), "NOT_DELEGATE");
}

TEST_F(SaslFlowTest, ADelegateActsForTheOwner) {
  ASSERT_TRUE(directory_->GrantDelegate("boss", {.account_id = "jsmith"}, {}).ok());
  ScramClient client = Client("jsmith");
  for (const char* boss : {"boss", "the.boss", "CORP\\boss", "boss@corp.example"}) {
    client.gs2_header = absl::StrCat("n,a=", boss, ",");
    EXPECT_EQ(Scram(client), "the.boss") << boss;
    EXPECT_EQ(External({"email:jsmith@corp.example"}, boss), "the.boss") << boss;
    EXPECT_EQ(Bearer("jsmith-17", boss), "the.boss") << boss;
  }
  client = Client("jsmith");
  EXPECT_EQ(Scram(client), "john.smith");
  client = Client("boss");
  client.gs2_header = "n,a=jsmith,";
  EXPECT_EQ(Scram(client), "NOT_DELEGATE");
}

TEST_F(SaslFlowTest, ExplainsThatAVouchedForClientNeedsNoCredential) {
  directory::NewAccount account;
  account.id = "card";
  account.windows_names = {"CORP\\card"};
  account.alias = "card";
  account.placement = "mailstore-0";
  ASSERT_TRUE(directory_->Create(account, {}).ok());
  const auto reason = [this](const char* mechanism) {
    HypotheticalLogon logon;
    logon.client_name = "CORP\\card";
    logon.mechanism = mechanism;
    logon.protocol = "pop3";
    return std::string(ReasonOf(*flow_.Explain(logon)));
  };
  EXPECT_EQ(reason("EXTERNAL"), "ACCEPTED");
  EXPECT_EQ(reason("OAUTHBEARER"), "ACCEPTED");
  EXPECT_EQ(reason("SCRAM-SHA-256"), "NO_CREDENTIAL");
  EXPECT_EQ(reason("PLAIN"), "NO_CREDENTIAL");
}

TEST_F(SaslFlowTest, ARightThatEndsDuringTheDialogueIsNone) {
  ASSERT_TRUE(directory_->GrantDelegate("boss", {.account_id = "jsmith"}, {}).ok());
  ScramClient client = Client("jsmith");
  client.gs2_header = "n,a=boss,";
  const Answer first = Begin("SCRAM-SHA-256", client.First(), FreshChannel());
  const Answer proof = Continue(first, client.Final(MessageOf(first)));
  ASSERT_TRUE(directory_->RevokeDelegate("boss", "jsmith", {}).ok());
  EXPECT_TRUE(std::holds_alternative<Rejection>(Continue(proof, "")));
  EXPECT_EQ(ReasonOf(observer_.attempts.back()), "NOT_DELEGATE");
}

TEST_F(SaslFlowTest, ACertificateNamesOneAccount) {
  EXPECT_EQ(External({"sha256:x", "email:JSmith@corp.example"}), "john.smith");
  EXPECT_EQ(observer_.attempts.back().client_name, "email:JSmith@corp.example");
  EXPECT_EQ(External({"sha256:x", "email:jsmith@corp.example"}, "john.smith"), "john.smith");
  EXPECT_EQ(External({"sha256:x", "upn:jsmith@corp.example"}), "UNKNOWN_NAME");
  EXPECT_EQ(External({"email:jsmith@corp.example", "email:boss@corp.example"}), "AMBIGUOUS_NAME");
  EXPECT_EQ(External({}), "NO_CERTIFICATE");
  Disable("jsmith");
  EXPECT_EQ(External({"email:jsmith@corp.example"}), "ACCOUNT_DISABLED");
}

TEST_F(SaslFlowTest, ATokenNamesOneAccount) {
  EXPECT_EQ(Bearer("jsmith-17"), "john.smith");
  EXPECT_EQ(Bearer("jsmith-17", "john.smith"), "john.smith");
  EXPECT_EQ(Bearer("jsmith-17", "CORP\\jsmith"), "john.smith");
  EXPECT_EQ(Bearer("JSMITH-17"), "UNKNOWN_NAME");
  EXPECT_EQ(Bearer("jsmith"), "UNKNOWN_NAME");
  EXPECT_EQ(Bearer("jsmith@corp.example"), "UNKNOWN_NAME");
}

TEST_F(SaslFlowTest, FailuresByScramAreSlowed) {
  const Channel channel = FreshChannel();
  absl::Duration delay;
  for (int i = 0; i < 8; ++i) {
    ScramClient client = Client("jsmith");
    client.password = "wrong";
    const Answer first = Begin("SCRAM-SHA-256", client.First(), channel);
    delay = std::get<Rejection>(Continue(first, client.Final(MessageOf(first)))).delay;
  }
  EXPECT_GT(delay, 8 * Throttle::kLeastDelay);
}

TEST_F(SaslFlowTest, NothingSecretIsRecorded) {
  ScramClient client = Client("jsmith");
  EXPECT_EQ(Scram(client), "john.smith");
  Bearer("jsmith-17");
  Bearer("nobody");
  for (const Attempt& attempt : observer_.attempts) {
    for (const TraceStep& step : attempt.trace) {
      EXPECT_THAT(step.finding, testing::Not(testing::HasSubstr(client.nonce)));
      EXPECT_THAT(step.finding, testing::Not(testing::HasSubstr("eyJ")));
      EXPECT_THAT(step.finding, testing::Not(testing::HasSubstr(kPassword)));
    }
  }
}

}  // namespace
}  // namespace restante::logon
