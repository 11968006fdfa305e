#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth-service/sasl/mechanism.h"
#include "auth-service/scram/keys.h"
#include "tests/support/fake_random.h"
#include "tests/support/scram_client.h"

namespace restante::sasl {
namespace {

using authority::Refusal;

Secret S(absl::string_view text) { return Secret::CopyOf(text); }

absl::StatusOr<ScramParameters> FindParameters(absl::string_view /*protocol*/,
                                               absl::string_view authentication_id) {
  if (authentication_id == "undecided") return absl::UnavailableError("not now");
  return ScramParameters{"salt of 16 octets", 4096};
}

class ScramMechanismTest : public testing::Test {
 protected:
  ScramMechanismTest() {
    tls_.tls = true;
    tls_.exporter = std::string(32, 'x');
    tls_.server_end_point = std::string(32, 'e');
    tls_.channel_binding_offered = true;
  }

  static const Challenge& ChallengeOf(const Step& step) {
    EXPECT_TRUE(std::holds_alternative<Challenge>(step));
    return std::get<Challenge>(step);
  }
  // The whole dialogue.
  Step Run(const Mechanism& mechanism, ScramClient client, const Connection& connection) {
    Step first = mechanism.Begin(connection, S(client.First()));
    if (!std::holds_alternative<Challenge>(first)) return first;
    const Challenge& challenge = std::get<Challenge>(first);
    return mechanism.Continue(connection, challenge.state,
                              S(client.Final(challenge.server_message)));
  }
  static Refusal RefusalOf(const Step& step) {
    EXPECT_TRUE(std::holds_alternative<Failed>(step));
    return std::get<Failed>(step).refusal;
  }
  static bool IsProof(const Step& step) {
    const auto* claim = std::get_if<Claim>(&step);
    if (claim == nullptr) return false;
    const ScramClaim& scram = std::get<ScramClaim>(*claim);
    const auto keys = scram::DeriveKeys(S("pencil"), "salt of 16 octets", 4096);
    return scram::ProofIsRight(*keys, scram.auth_message, scram.proof);
  }

  FakeRandom random_;
  const Connection plain_;
  Connection tls_;
  const std::unique_ptr<Mechanism> scram_ = NewScramMechanism(false, FindParameters, random_);
  const std::unique_ptr<Mechanism> plus_ = NewScramMechanism(true, FindParameters, random_);
};

TEST_F(ScramMechanismTest, EndsInAClaimWithAProof) {
  EXPECT_TRUE(IsProof(Run(*scram_, {}, plain_)));
  EXPECT_TRUE(IsProof(Run(*scram_, {}, tls_)));
  ScramClient client;
  client.user = "a=2Cb=3D";
  client.gs2_header = "n,a=boss,";
  const Step step = Run(*scram_, client, plain_);
  const auto& claim = std::get<ScramClaim>(std::get<Claim>(step));
  EXPECT_EQ(claim.authentication_id, "a,b=");
  EXPECT_EQ(claim.authorization_id, "boss");
}

TEST_F(ScramMechanismTest, AsksWhenNothingCame) {
  const Step step = scram_->Begin(plain_, std::nullopt);
  EXPECT_EQ(ChallengeOf(step).server_message, "");
  const Step first =
      scram_->Continue(plain_, std::get<Challenge>(step).state, S(ScramClient().First()));
  EXPECT_TRUE(absl::StrContains(ChallengeOf(first).server_message, ",i=4096"));
  EXPECT_TRUE(std::holds_alternative<Malformed>(scram_->Begin(plain_, S(""))));
}

TEST_F(ScramMechanismTest, BindsToTheConnection) {
  for (const auto& [name, data] : {std::pair("tls-exporter", tls_.exporter),
                                   std::pair("tls-server-end-point", tls_.server_end_point)}) {
    ScramClient client;
    client.gs2_header = absl::StrCat("p=", name, ",,");
    client.binding_data = data;
    EXPECT_TRUE(IsProof(Run(*plus_, client, tls_))) << name;
    client.binding_data.back() = '!';
    EXPECT_EQ(RefusalOf(Run(*plus_, client, tls_)), Refusal::kChannelBindingWrong) << name;
    client.binding_data.clear();
    EXPECT_EQ(RefusalOf(Run(*plus_, client, tls_)), Refusal::kChannelBindingWrong) << name;
    EXPECT_EQ(RefusalOf(Run(*plus_, client, plain_)), Refusal::kChannelBindingMissing) << name;
    EXPECT_TRUE(std::holds_alternative<Malformed>(Run(*scram_, client, tls_))) << name;
  }
  ScramClient unknown;
  unknown.gs2_header = "p=tls-unique,,";
  EXPECT_TRUE(std::holds_alternative<Malformed>(Run(*plus_, unknown, tls_)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(Run(*plus_, {}, tls_)));
}

// RFC 5802 section 6: a client that can do channel binding was not shown that we can.
TEST_F(ScramMechanismTest, RefusesAStrippedOffer) {
  ScramClient client;
  client.gs2_header = "y,,";
  EXPECT_EQ(RefusalOf(Run(*scram_, client, tls_)), Refusal::kChannelBindingStripped);
  EXPECT_TRUE(IsProof(Run(*scram_, client, plain_)));
  tls_.channel_binding_offered = false;
  EXPECT_TRUE(IsProof(Run(*scram_, client, tls_)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(Run(*plus_, client, tls_)));
}

TEST_F(ScramMechanismTest, TheLastMessageRepeatsTheHeader) {
  ScramClient client;
  const Challenge challenge = ChallengeOf(scram_->Begin(plain_, S(client.First())));
  client.gs2_header = "y,,";
  EXPECT_EQ(RefusalOf(scram_->Continue(plain_, challenge.state,
                                       S(client.Final(challenge.server_message)))),
            Refusal::kChannelBindingWrong);
}

TEST_F(ScramMechanismTest, EachNonceIsFreshAndGoesOnTheClients) {
  ScramClient client;
  const Challenge first = ChallengeOf(scram_->Begin(plain_, S(client.First())));
  const Challenge second = ChallengeOf(scram_->Begin(plain_, S(client.First())));
  EXPECT_TRUE(absl::StartsWith(first.server_message, absl::StrCat("r=", client.nonce)));
  EXPECT_NE(first.server_message, second.server_message);
  // An answer to another challenge.
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      scram_->Continue(plain_, first.state, S(client.Final(second.server_message)))));
}

TEST_F(ScramMechanismTest, StateIsExactlyThatOfTheChallenge) {
  ScramClient client;
  const Challenge challenge = ChallengeOf(scram_->Begin(plain_, S(client.First())));
  const Secret answer = S(client.Final(challenge.server_message));
  EXPECT_TRUE(IsProof(scram_->Continue(plain_, challenge.state, answer)));
  for (size_t size = 1; size < challenge.state.size(); ++size) {
    const Step step = scram_->Continue(plain_, challenge.state.substr(0, size), answer);
    EXPECT_TRUE(std::holds_alternative<Malformed>(step)) << size;
  }
  EXPECT_TRUE(
      std::holds_alternative<Malformed>(scram_->Continue(plain_, challenge.state + "x", answer)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(scram_->Continue(plain_, challenge.state, S(""))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      scram_->Continue(plain_, challenge.state, S(client.First()))));
}

TEST_F(ScramMechanismTest, SaysThatItCouldNotFindOut) {
  ScramClient client;
  client.user = "undecided";
  const Step step = scram_->Begin(plain_, S(client.First()));
  ASSERT_TRUE(std::holds_alternative<absl::Status>(step));
  EXPECT_EQ(std::get<absl::Status>(step).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace restante::sasl
