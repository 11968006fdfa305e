#include "auth-service/authority/local_authority.h"

#include <memory>
#include <string>
#include <utility>

#include "auth-service/directory/indexed_directory.h"
#include "common/base/error_reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/ntlm_client.h"

namespace restante::authority {
namespace {

using testing::HasSubstr;
using testing::Not;

KeyRing Keys(const std::string& id) {
  std::map<std::string, Secret> keys;
  keys.emplace(id, Secret(std::string(32, id.back())));
  return *KeyRing::Create(std::move(keys), id);
}

class LocalAuthorityTest : public testing::Test {
 protected:
  directory::AccountPtr AccountWith(const char* password) {
    directory::Account account;
    account.id = "jsmith";
    account.credential =
        vault_.Seal("jsmith", *directory::CredentialOfPassword(Secret::CopyOf(password)));
    return std::make_shared<const directory::Account>(std::move(account));
  }

  Claim NtlmClaimOf(const NtlmClient& client) {
    const auto mechanism = sasl::NewNtlmMechanism(
        {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"}, clock_, random_);
    const std::string negotiate = client.Negotiate();
    auto step = mechanism->Begin({}, Secret::CopyOf(negotiate));
    const auto& challenge = std::get<sasl::Challenge>(step);
    const std::string answer = client.Authenticate(negotiate, challenge.server_message);
    return std::get<Claim>(mechanism->Continue({}, challenge.state, Secret::CopyOf(answer)));
  }

  static Claim PasswordClaimOf(const char* password) {
    return sasl::PasswordClaim{"", "jsmith", Secret::CopyOf(password)};
  }

  Verdict Validate(const Claim& claim, const std::vector<Candidate>& candidates) {
    const auto verdict = authority_.Validate(claim, {}, policy_, candidates);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return *verdict;
  }
  Refusal RefusalOf(const Claim& claim, const std::vector<Candidate>& candidates) {
    return std::get<Refused>(Validate(claim, candidates)).refusal;
  }

  FakeClock clock_;
  FakeRandom random_;
  directory::CredentialVault vault_{Keys("k1"), random_};
  ntlm::Policy policy_;
  LocalAuthority authority_{vault_, {}, random_};
};

TEST_F(LocalAuthorityTest, ProvesByPassword) {
  const directory::AccountPtr account = AccountWith("Secret 1");
  EXPECT_TRUE(
      std::holds_alternative<Validated>(Validate(PasswordClaimOf("Secret 1"), {{"", account}})));
  EXPECT_EQ(RefusalOf(PasswordClaimOf("secret 1"), {{"", account}}), Refusal::kWrongPassword);
  EXPECT_EQ(RefusalOf(PasswordClaimOf(""), {{"", account}}), Refusal::kWrongPassword);
}

TEST_F(LocalAuthorityTest, TellsNobodyFromAnAccountWithoutCredential) {
  const auto shared = std::make_shared<const directory::Account>();
  for (const bool ntlm : {false, true}) {
    const Claim claim = ntlm ? NtlmClaimOf({}) : PasswordClaimOf("x");
    EXPECT_EQ(RefusalOf(claim, {{"Domain", nullptr}}), Refusal::kUnknownName);
    EXPECT_EQ(RefusalOf(claim, {{"Domain", shared}}), Refusal::kNoCredential);
    EXPECT_EQ(RefusalOf(claim, {{"Domain", nullptr}, {"", AccountWith("y")}}),
              Refusal::kWrongPassword);
  }
  EXPECT_EQ(authority_.Foresee(*shared, "NTLM")->refusal, Refusal::kNoCredential);
  EXPECT_FALSE(authority_.Foresee(*AccountWith("x"), "NTLM").has_value());
}

TEST_F(LocalAuthorityTest, ProvesTheReadingWhoseDomainIsInTheProof) {
  const directory::AccountPtr account = AccountWith("Password");
  NtlmClient client;
  client.domain = "garbage";
  client.proof_domain = "CORP";
  const std::vector<Candidate> candidates = {
      {"garbage", nullptr}, {"corp", account}, {"", nullptr}};
  const Verdict verdict = Validate(NtlmClaimOf(client), candidates);
  EXPECT_EQ(std::get<Validated>(verdict).candidate, 1u);
}

TEST_F(LocalAuthorityTest, DoesNotTakeAProofForAnotherDomain) {
  const directory::AccountPtr account = AccountWith("Password");
  NtlmClient client;
  client.domain = "OTHER";
  // The proof is sound, and says OTHER; only the readings without a domain lead to the account.
  const std::vector<Candidate> candidates = {{"OTHER", nullptr}, {"CORP", account}, {"", account}};
  EXPECT_EQ(RefusalOf(NtlmClaimOf(client), candidates), Refusal::kWrongPassword);
}

TEST_F(LocalAuthorityTest, TakesTheProofOfAClientThatWidensUtf8) {
  const directory::AccountPtr account = AccountWith("P\xc3\xa4ssw\xc3\xb6rd");
  NtlmClient client;
  client.password = "P\xc3\xa4ssw\xc3\xb6rd";
  EXPECT_TRUE(
      std::holds_alternative<Validated>(Validate(NtlmClaimOf(client), {{"Domain", account}})));
  client.password = "P\xc3\x83\xc2\xa4ssw\xc3\x83\xc2\xb6rd";
  EXPECT_TRUE(
      std::holds_alternative<Validated>(Validate(NtlmClaimOf(client), {{"Domain", account}})));
}

TEST_F(LocalAuthorityTest, RefusesOldFormsWhoeverItIs) {
  NtlmClient client;
  client.form = NtlmClient::Form::kNtlmV1;
  for (const directory::AccountPtr& account :
       {AccountWith("Password"), AccountWith("other"), directory::AccountPtr()}) {
    EXPECT_EQ(RefusalOf(NtlmClaimOf(client), {{"Domain", account}}), Refusal::kNtlmV1NotAllowed);
  }
  client.form = NtlmClient::Form::kAnonymous;
  EXPECT_EQ(RefusalOf(NtlmClaimOf(client), {{"Domain", nullptr}}), Refusal::kAnonymous);
}

// Each form is allowed by the policy, by the account against the policy, and forbidden likewise.
TEST_F(LocalAuthorityTest, TakesOldFormsWhereTheyAreAllowed) {
  using ntlm::WeakestResponse;
  const auto with = [this](std::optional<WeakestResponse> weakest) {
    directory::Account account = *AccountWith("Password");
    account.weakest_ntlm_response = weakest;
    return std::make_shared<const directory::Account>(std::move(account));
  };
  struct {
    NtlmClient::Form form;
    WeakestResponse needed;
    Refusal refusal;
  } const rows[] = {
      {NtlmClient::Form::kNtlm2Session, WeakestResponse::kNtlm2Session,
       Refusal::kNtlm2SessionNotAllowed},
      {NtlmClient::Form::kNtlmV1, WeakestResponse::kNtlmV1, Refusal::kNtlmV1NotAllowed},
  };
  const WeakestResponse all[] = {WeakestResponse::kNtlmV2, WeakestResponse::kNtlm2Session,
                                 WeakestResponse::kNtlmV1};
  for (const auto& row : rows) {
    NtlmClient client;
    client.form = row.form;
    const Claim claim = NtlmClaimOf(client);
    client.password = "wrong";
    const Claim wrong = NtlmClaimOf(client);
    for (const WeakestResponse policy : all) {
      policy_.weakest_response = policy;
      std::vector<std::optional<WeakestResponse>> accounts = {std::nullopt};
      accounts.insert(accounts.end(), std::begin(all), std::end(all));
      for (const auto& own : accounts) {
        const bool allowed = own.value_or(policy) >= row.needed;
        const std::vector<Candidate> candidates = {{"Domain", with(own)}};
        for (const bool tls : {true, false}) {
          const auto verdict = *authority_.Validate(claim, {tls, ""}, policy_, candidates);
          EXPECT_EQ(std::holds_alternative<Validated>(verdict), allowed && tls);
          const auto refused =
              std::get<Refused>(*authority_.Validate(wrong, {tls, ""}, policy_, candidates));
          const Refusal expected = !allowed ? row.refusal
                                   : !tls   ? Refusal::kWeakNtlmWithoutTls
                                            : Refusal::kWrongPassword;
          EXPECT_EQ(refused.refusal, expected);
          if (allowed && tls) continue;
          EXPECT_EQ(std::get<Refused>(verdict).refusal, expected);
        }
      }
    }
  }
}

TEST_F(LocalAuthorityTest, NamesTheFormThatIsNotAllowed) {
  NtlmClient client;
  client.form = NtlmClient::Form::kNtlmV1;
  const std::vector<Candidate> candidates = {{"Domain", AccountWith("Password")}};
  EXPECT_THAT(std::get<Refused>(Validate(NtlmClaimOf(client), candidates)).finding,
              HasSubstr("this client speaks NTLMv1, which is not allowed"));
  EXPECT_THAT(NextStep(Refusal::kNtlmV1NotAllowed), HasSubstr("--weakest-ntlm-response ntlmv1"));
}

TEST_F(LocalAuthorityTest, NamesFaultsOfClients) {
  const std::vector<Candidate> candidates = {{"Domain", AccountWith("Password")}};
  NtlmClient thunderbird;
  thunderbird.password = "[object Promise]";
  Refused refused = std::get<Refused>(Validate(NtlmClaimOf(thunderbird), candidates));
  EXPECT_EQ(refused.refusal, Refusal::kWrongPassword);
  EXPECT_THAT(refused.finding, HasSubstr("Thunderbird"));
  EXPECT_THAT(refused.finding, Not(HasSubstr("its password is right")));
  NtlmClient java;
  java.read_challenge_late = true;
  for (const auto form : {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlmV1}) {
    java.form = form;
    java.session_security = true;
    java.password = "Password";
    refused = std::get<Refused>(Validate(NtlmClaimOf(java), candidates));
    EXPECT_THAT(refused.finding, HasSubstr("Java Mail"));
    java.password = "wrong";
    refused = std::get<Refused>(Validate(NtlmClaimOf(java), candidates));
    EXPECT_THAT(refused.finding, Not(HasSubstr("Java Mail")));
  }
}

// The account of the reading that was proven is the one whose word counts.
TEST_F(LocalAuthorityTest, AsksTheProvenAccountForItsWeakestResponse) {
  directory::Account strict = *AccountWith("Password");
  strict.id = "strict";
  strict.credential =
      vault_.Seal("strict", *directory::CredentialOfPassword(Secret::CopyOf("Other")));
  directory::Account lenient = *AccountWith("Password");
  lenient.weakest_ntlm_response = ntlm::WeakestResponse::kNtlmV1;
  NtlmClient client;
  client.form = NtlmClient::Form::kNtlmV1;
  const std::vector<Candidate> candidates = {
      {"Domain", std::make_shared<const directory::Account>(strict)},
      {"domain", std::make_shared<const directory::Account>(lenient)}};
  const auto verdict = *authority_.Validate(NtlmClaimOf(client), {true, ""}, policy_, candidates);
  ASSERT_TRUE(std::holds_alternative<Validated>(verdict));
  EXPECT_EQ(std::get<Validated>(verdict).candidate, 1u);
}

TEST_F(LocalAuthorityTest, RefusesASpoiltMic) {
  NtlmClient client;
  client.send_mic = true;
  client.spoil_mic = true;
  EXPECT_EQ(RefusalOf(NtlmClaimOf(client), {{"Domain", AccountWith("Password")}}),
            Refusal::kMicWrong);
}

TEST_F(LocalAuthorityTest, HoldsChannelBindingsAgainstTheCertificate) {
  const directory::AccountPtr account = AccountWith("Password");
  NtlmClient client;
  client.channel_bindings = ntlm::ChannelBindingHash(std::string(32, 'c'));
  const Claim claim = NtlmClaimOf(client);
  const auto with = [&](const char certificate) {
    return *authority_.Validate(claim, {true, std::string(32, certificate)}, policy_,
                                {{"Domain", account}});
  };
  EXPECT_TRUE(std::holds_alternative<Validated>(with('c')));
  EXPECT_EQ(std::get<Refused>(with('d')).refusal, Refusal::kChannelBindingWrong);
  ntlm::ChannelBindingRules require;
  require.policy = ntlm::ChannelBindingPolicy::kRequire;
  LocalAuthority strict(vault_, require, random_);
  const auto without = strict.Validate(NtlmClaimOf({}), {true, std::string(32, 'c')}, policy_,
                                       {{"Domain", account}});
  EXPECT_EQ(std::get<Refused>(*without).refusal, Refusal::kChannelBindingMissing);
}

TEST_F(LocalAuthorityTest, CannotDecideWithoutTheKey) {
  const directory::CredentialVault other(Keys("k2"), random_);
  const LocalAuthority authority(other, {}, random_);
  for (const bool ntlm : {false, true}) {
    const Claim claim = ntlm ? NtlmClaimOf({}) : PasswordClaimOf("Password");
    const auto verdict =
        authority.Validate(claim, {}, policy_, {{"Domain", AccountWith("Password")}});
    EXPECT_EQ(GetErrorReason(verdict.status()), ErrorReason::kCredentialKeyMissing);
    EXPECT_EQ(GetErrorMetadata(verdict.status())["key_id"], "k1");
  }
}

}  // namespace
}  // namespace restante::authority
