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
    const auto verdict = authority_.Validate(claim, {}, candidates);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return *verdict;
  }
  Refusal RefusalOf(const Claim& claim, const std::vector<Candidate>& candidates) {
    return std::get<Refused>(Validate(claim, candidates)).refusal;
  }

  FakeClock clock_;
  FakeRandom random_;
  directory::CredentialVault vault_{Keys("k1"), random_};
  LocalAuthority authority_{vault_, ntlm::ChannelBindingPolicy::kAllow, random_};
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
  EXPECT_EQ(authority_.Foresee(*shared)->refusal, Refusal::kNoCredential);
  EXPECT_FALSE(authority_.Foresee(*AccountWith("x")).has_value());
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
    return *authority_.Validate(claim, {true, std::string(32, certificate)}, {{"Domain", account}});
  };
  EXPECT_TRUE(std::holds_alternative<Validated>(with('c')));
  EXPECT_EQ(std::get<Refused>(with('d')).refusal, Refusal::kChannelBindingWrong);
  LocalAuthority strict(vault_, ntlm::ChannelBindingPolicy::kRequire, random_);
  const auto without =
      strict.Validate(NtlmClaimOf({}), {true, std::string(32, 'c')}, {{"Domain", account}});
  EXPECT_EQ(std::get<Refused>(*without).refusal, Refusal::kChannelBindingMissing);
}

TEST_F(LocalAuthorityTest, CannotDecideWithoutTheKey) {
  const directory::CredentialVault other(Keys("k2"), random_);
  const LocalAuthority authority(other, ntlm::ChannelBindingPolicy::kAllow, random_);
  for (const bool ntlm : {false, true}) {
    const Claim claim = ntlm ? NtlmClaimOf({}) : PasswordClaimOf("Password");
    const auto verdict = authority.Validate(claim, {}, {{"Domain", AccountWith("Password")}});
    EXPECT_EQ(GetErrorReason(verdict.status()), ErrorReason::kCredentialKeyMissing);
    EXPECT_EQ(GetErrorMetadata(verdict.status())["key_id"], "k1");
  }
}

}  // namespace
}  // namespace restante::authority
