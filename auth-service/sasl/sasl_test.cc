#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "auth-service/sasl/mechanism.h"
#include "auth-service/sasl/sealed_state.h"
#include "common/base/byte_writer.h"
#include "common/crypto/cipher.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/ntlm_client.h"
#include "tests/support/ntlm_verdict.h"

namespace restante::sasl {
namespace {

const Connection kConnection;

Secret S(absl::string_view text) { return Secret::CopyOf(text); }

template <typename Kind>
bool HasClaim(const Step& step) {
  const auto* claim = std::get_if<Claim>(&step);
  return claim != nullptr && std::holds_alternative<Kind>(*claim);
}

const ntlm::ServerNames kNames = {"CORP", "MAIL", "corp.example", "mail.corp.example",
                                  "corp.example"};

class NtlmMechanismTest : public testing::Test {
 protected:
  FakeClock clock_;
  FakeRandom random_;
  const std::unique_ptr<Mechanism> mechanism_ = NewNtlmMechanism(kNames, clock_, random_);
  const NtlmClient client_;
};

TEST_F(NtlmMechanismTest, EndsInAClaimThatVerifies) {
  Step first = mechanism_->Begin(kConnection, S(client_.Negotiate()));
  ASSERT_TRUE(std::holds_alternative<Challenge>(first));
  const Challenge& challenge = std::get<Challenge>(first);
  std::string authenticate = client_.Authenticate(client_.Negotiate(), challenge.server_message);
  Step second = mechanism_->Continue(kConnection, challenge.state, S(authenticate));
  ASSERT_TRUE(HasClaim<NtlmClaim>(second));
  const NtlmClaim& claim = std::get<NtlmClaim>(std::get<Claim>(second));
  EXPECT_EQ(claim.message.user, "User");
  EXPECT_EQ(VerdictOf(claim.conversation, ntlm::NtHash(S("Password"))), ntlm::Verdict::kAccepted);
}

TEST_F(NtlmMechanismTest, NoNegotiateYetIsAnEmptyChallenge) {
  Step first = mechanism_->Begin(kConnection, std::nullopt);
  ASSERT_TRUE(std::holds_alternative<Challenge>(first));
  EXPECT_EQ(std::get<Challenge>(first).server_message, "");
  Step second =
      mechanism_->Continue(kConnection, std::get<Challenge>(first).state, S(client_.Negotiate()));
  EXPECT_TRUE(std::holds_alternative<Challenge>(second));
}

TEST_F(NtlmMechanismTest, AnEmptyMessageIsNoNegotiate) {
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism_->Begin(kConnection, S(""))));
}

TEST_F(NtlmMechanismTest, EachChallengeIsFresh) {
  Step first = mechanism_->Begin(kConnection, S(client_.Negotiate()));
  Step second = mechanism_->Begin(kConnection, S(client_.Negotiate()));
  EXPECT_NE(std::get<Challenge>(first).server_message, std::get<Challenge>(second).server_message);
}

TEST_F(NtlmMechanismTest, OutOfOrderIsMalformed) {
  Challenge challenge = std::get<Challenge>(mechanism_->Begin(kConnection, S(client_.Negotiate())));
  std::string authenticate = client_.Authenticate(client_.Negotiate(), challenge.server_message);
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism_->Begin(kConnection, S(authenticate))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      mechanism_->Continue(kConnection, challenge.state, S(client_.Negotiate()))));
  EXPECT_TRUE(
      std::holds_alternative<Malformed>(mechanism_->Continue(kConnection, challenge.state, S(""))));
  EXPECT_TRUE(
      std::holds_alternative<Malformed>(mechanism_->Continue(kConnection, "x", S(authenticate))));
}

TEST_F(NtlmMechanismTest, StateIsExactlyThatOfTheChallenge) {
  Challenge challenge = std::get<Challenge>(mechanism_->Begin(kConnection, S(client_.Negotiate())));
  const Secret answer = S(client_.Authenticate(client_.Negotiate(), challenge.server_message));
  EXPECT_TRUE(HasClaim<NtlmClaim>(mechanism_->Continue(kConnection, challenge.state, answer)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      mechanism_->Continue(kConnection, challenge.state + "x", answer)));
  for (size_t cut = 1; cut < challenge.state.size(); ++cut) {
    Step step = mechanism_->Continue(kConnection, challenge.state.substr(0, cut), answer);
    EXPECT_TRUE(std::holds_alternative<Malformed>(step)) << cut;
  }
}

TEST(PlainMechanism, TakesTheThreeParts) {
  std::unique_ptr<Mechanism> mechanism = NewPlainMechanism();
  Step step = mechanism->Begin(kConnection, S(absl::string_view("boss\0jsmith\0se cret", 19)));
  ASSERT_TRUE(HasClaim<PasswordClaim>(step));
  const PasswordClaim& claim = std::get<PasswordClaim>(std::get<Claim>(step));
  EXPECT_EQ(claim.authorization_id, "boss");
  EXPECT_EQ(claim.authentication_id, "jsmith");
  EXPECT_EQ(claim.password.view(), "se cret");
}

TEST(PlainMechanism, AsksWhenNothingCame) {
  std::unique_ptr<Mechanism> mechanism = NewPlainMechanism();
  Step step = mechanism->Begin(kConnection, std::nullopt);
  ASSERT_TRUE(std::holds_alternative<Challenge>(step));
  EXPECT_TRUE(HasClaim<PasswordClaim>(mechanism->Continue(
      kConnection, std::get<Challenge>(step).state, S(absl::string_view("\0jsmith\0secret", 14)))));
}

TEST(PlainMechanism, RefusesEverythingElse) {
  std::unique_ptr<Mechanism> mechanism = NewPlainMechanism();
  const absl::string_view wrong[] = {
      "",
      "jsmith",
      absl::string_view("\0jsmith", 7),
      absl::string_view("\0\0secret", 8),
      absl::string_view("\0jsmith\0", 8),
      absl::string_view("\0jsmith\0sec\0ret", 15),
      absl::string_view("\0j\xff\0secret", 10),
      absl::string_view("\xff\0jsmith\0secret", 15),
  };
  for (absl::string_view message : wrong) {
    EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->Begin(kConnection, S(message))))
        << message.size();
  }
}

TEST(LoginMechanism, PromptsTwice) {
  std::unique_ptr<Mechanism> mechanism = NewLoginMechanism();
  Step first = mechanism->Begin(kConnection, std::nullopt);
  EXPECT_EQ(std::get<Challenge>(first).server_message, "Username:");
  Step second =
      mechanism->Continue(kConnection, std::get<Challenge>(first).state, S("CORP\\jsmith"));
  EXPECT_EQ(std::get<Challenge>(second).server_message, "Password:");
  Step third = mechanism->Continue(kConnection, std::get<Challenge>(second).state, S("secret"));
  ASSERT_TRUE(HasClaim<PasswordClaim>(third));
  EXPECT_EQ(std::get<PasswordClaim>(std::get<Claim>(third)).authentication_id, "CORP\\jsmith");
  EXPECT_EQ(std::get<PasswordClaim>(std::get<Claim>(third)).password.view(), "secret");
}

TEST(LoginMechanism, TakesTheNameAsInitialResponse) {
  std::unique_ptr<Mechanism> mechanism = NewLoginMechanism();
  Step first = mechanism->Begin(kConnection, S("jsmith"));
  EXPECT_EQ(std::get<Challenge>(first).server_message, "Password:");
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->Begin(kConnection, S(""))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      mechanism->Continue(kConnection, std::get<Challenge>(first).state, S(""))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->Continue(kConnection, "", S("secret"))));
}

TEST(Mechanisms, AreFoundInAnyCase) {
  std::vector<std::unique_ptr<Mechanism>> mechanisms;
  mechanisms.push_back(NewPlainMechanism());
  mechanisms.push_back(NewLoginMechanism());
  EXPECT_EQ(FindMechanism(mechanisms, "login")->name(), "LOGIN");
  EXPECT_EQ(FindMechanism(mechanisms, "NTLM"), nullptr);
}

class SealedStateTest : public testing::Test {
 protected:
  static KeyRing Ring(char fill) {
    std::map<std::string, Secret> keys;
    keys.emplace("k1", Secret(std::string(32, fill)));
    return *KeyRing::Create(std::move(keys), "k1");
  }
  std::string Seal() { return SealLogonState(state_, "attempt channel", ring_, now_, random_); }
  bool Opens(absl::string_view sealed, absl::string_view binding, absl::Time when) {
    return std::holds_alternative<LogonState>(OpenLogonState(sealed, binding, ring_, when));
  }

  const LogonState state_ = {"NTLM", "both messages"};
  const KeyRing ring_ = Ring('s');
  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  FakeRandom random_;
};

TEST_F(SealedStateTest, ComesBackWithinItsTimeForItsAttemptAlone) {
  std::string sealed = Seal();
  auto opened = OpenLogonState(sealed, "attempt channel", ring_, now_ + absl::Seconds(59));
  ASSERT_TRUE(std::holds_alternative<LogonState>(opened));
  EXPECT_EQ(std::get<LogonState>(opened).mechanism, "NTLM");
  EXPECT_EQ(std::get<LogonState>(opened).state, "both messages");
  EXPECT_FALSE(Opens(sealed, "another channel", now_));
  EXPECT_TRUE(std::holds_alternative<StateExpired>(
      OpenLogonState(sealed, "attempt channel", ring_, now_ + kSealedStateLifetime)));
  EXPECT_TRUE(std::holds_alternative<StateInvalid>(
      OpenLogonState(sealed, "attempt channel", Ring('t'), now_)));
}

TEST_F(SealedStateTest, ReplicasClocksMayDifferByItsLifetime) {
  const std::string sealed = Seal();
  EXPECT_TRUE(Opens(sealed, "attempt channel", now_ - kSealedStateLifetime));
  EXPECT_TRUE(std::holds_alternative<StateExpired>(OpenLogonState(
      sealed, "attempt channel", ring_, now_ - kSealedStateLifetime - absl::Milliseconds(1))));
}

// The same key may seal other things: what it was sealed for is part of the seal.
TEST_F(SealedStateTest, IsSealedForThisPurpose) {
  const auto seal = [this](absl::string_view associated_data) {
    const std::string plaintext = ByteWriter()
                                      .U64Be(static_cast<uint64_t>(absl::ToUnixMillis(now_)))
                                      .LengthPrefixed("NTLM")
                                      .LengthPrefixed("both messages")
                                      .Take();
    return ByteWriter()
        .LengthPrefixed("k1")
        .Bytes(SealAes256Gcm(ring_.active_key(), plaintext, associated_data, random_))
        .Take();
  };
  EXPECT_TRUE(Opens(seal("restante logon state 1attempt channel"), "attempt channel", now_));
  EXPECT_FALSE(Opens(seal("attempt channel"), "attempt channel", now_));
  EXPECT_FALSE(Opens(seal("restante logon state 2attempt channel"), "attempt channel", now_));
}

TEST_F(SealedStateTest, NoTouchedOrCutOneOpens) {
  std::string sealed = Seal();
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string touched = sealed;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_FALSE(Opens(touched, "attempt channel", now_)) << i;
    EXPECT_FALSE(Opens(absl::string_view(sealed).substr(0, i), "attempt channel", now_)) << i;
  }
}

TEST_F(SealedStateTest, DoesNotShowWhatItHolds) {
  EXPECT_EQ(Seal().find("messages"), std::string::npos);
}

}  // namespace
}  // namespace restante::sasl
