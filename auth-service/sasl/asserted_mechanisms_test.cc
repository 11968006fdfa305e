#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "auth-service/oauth/token_verifier.h"
#include "auth-service/sasl/mechanism.h"
#include "gmock/gmock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/token_issuer.h"

// EXTERNAL, OAUTHBEARER and XOAUTH2.
namespace restante::sasl {
namespace {

using authority::Refusal;
using ::testing::ElementsAre;

const Connection kConnection;

Secret S(absl::string_view text) { return Secret::CopyOf(text); }

TEST(ExternalMechanism, ClaimsWhatTheCertificateSays) {
  const std::unique_ptr<Mechanism> mechanism = NewExternalMechanism();
  Connection connection;
  connection.tls = true;
  connection.certificate_names = {"sha256:00", "email:js@corp.example"};
  for (const char* name : {"", "boss"}) {
    const Step step = mechanism->Begin(connection, S(name));
    const auto& claim = std::get<AssertedClaim>(std::get<Claim>(step));
    EXPECT_EQ(claim.by, AssertedClaim::By::kCertificate);
    EXPECT_EQ(claim.authorization_id, name);
    EXPECT_THAT(claim.names, ElementsAre("sha256:00", "email:js@corp.example"));
  }
  const Step asked = mechanism->Begin(connection, std::nullopt);
  ASSERT_TRUE(std::holds_alternative<Challenge>(asked));
  EXPECT_TRUE(std::holds_alternative<Claim>(
      mechanism->Continue(connection, std::get<Challenge>(asked).state, S(""))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->Continue(connection, "x", S(""))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->Begin(connection, S("\xff"))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(
      mechanism->Begin(connection, S(absl::string_view("a\0b", 3)))));
}

TEST(ExternalMechanism, NeedsACertificate) {
  const Step step = NewExternalMechanism()->Begin(kConnection, S(""));
  EXPECT_EQ(std::get<Failed>(step).refusal, Refusal::kNoCertificate);
}

class BearerMechanismTest : public testing::Test, public oauth::KeySource {
 protected:
  std::shared_ptr<const oauth::KeySet> Current() override { return keys_; }

  std::string Token(const char* audience = "restante") {
    return issuer_.Token(absl::StrCat(R"({"iss":"i","sub":"17","exp":)",
                                      absl::ToUnixSeconds(clock_.WallNow()) + 60, R"(,"aud":")",
                                      audience, R"("})"));
  }

  FakeClock clock_;
  const TokenIssuer issuer_{TokenIssuer::Kind::kEc};
  const std::shared_ptr<const oauth::KeySet> keys_ = *oauth::KeySet::Parse(issuer_.KeySet());
  const oauth::TokenVerifier tokens_{{.issuer = "i", .audience = "restante"}, *this, clock_};
  const std::unique_ptr<Mechanism> bearer_ = NewOauthBearerMechanism(tokens_);
  const std::unique_ptr<Mechanism> xoauth2_ = NewXoauth2Mechanism(tokens_);
};

TEST_F(BearerMechanismTest, ClaimsWhatTheTokenSays) {
  const Step step = bearer_->Begin(kConnection, S(absl::StrCat("n,a=boss,\x01"
                                                               "auth=Bearer ",
                                                               Token(), "\x01\x01")));
  const auto& claim = std::get<AssertedClaim>(std::get<Claim>(step));
  EXPECT_EQ(claim.by, AssertedClaim::By::kToken);
  EXPECT_EQ(claim.authorization_id, "boss");
  EXPECT_THAT(claim.names, ElementsAre("17"));
  const Step asked = xoauth2_->Begin(kConnection, std::nullopt);
  const Step answer = xoauth2_->Continue(kConnection, std::get<Challenge>(asked).state,
                                         S(absl::StrCat("user=js\x01"
                                                        "auth=Bearer ",
                                                        Token(), "\x01\x01")));
  EXPECT_EQ(std::get<AssertedClaim>(std::get<Claim>(answer)).authorization_id, "js");
}

// RFC 7628 section 3.2.3.
TEST_F(BearerMechanismTest, SaysWhyBeforeItRefuses) {
  const std::string bad = Token("other");
  const Step first = bearer_->Begin(kConnection, S(absl::StrCat("n,a=js,\x01"
                                                                "auth=Bearer ",
                                                                bad, "\x01\x01")));
  ASSERT_TRUE(std::holds_alternative<Challenge>(first));
  EXPECT_EQ(std::get<Challenge>(first).server_message, R"({"status":"invalid_token"})");
  for (const char* dummy : {"\x01", "",
                            "n,,\x01"
                            "auth=Bearer x\x01\x01"}) {
    const Step last = bearer_->Continue(kConnection, std::get<Challenge>(first).state, S(dummy));
    EXPECT_EQ(std::get<Failed>(last).refusal, Refusal::kTokenForOthers);
    EXPECT_EQ(std::get<Failed>(last).client_name, "js");
    EXPECT_EQ(std::get<Failed>(last).finding.find(bad.substr(0, 10)), std::string::npos);
  }
  EXPECT_TRUE(std::holds_alternative<Malformed>(bearer_->Continue(kConnection, "x", S("\x01"))));
  const Step other = xoauth2_->Begin(kConnection, S(absl::StrCat("user=js\x01"
                                                                 "auth=Bearer x\x01\x01")));
  EXPECT_THAT(std::get<Challenge>(other).server_message, testing::HasSubstr("401"));
  EXPECT_EQ(
      std::get<Failed>(xoauth2_->Continue(kConnection, std::get<Challenge>(other).state, S("")))
          .refusal,
      Refusal::kTokenInvalid);
}

TEST_F(BearerMechanismTest, EachSpeaksItsOwnDialect) {
  const std::string bearer = absl::StrCat(
      "n,a=js,\x01"
      "auth=Bearer ",
      Token(), "\x01\x01");
  const std::string xoauth2 = absl::StrCat(
      "user=js\x01"
      "auth=Bearer ",
      Token(), "\x01\x01");
  EXPECT_TRUE(std::holds_alternative<Malformed>(bearer_->Begin(kConnection, S(xoauth2))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(xoauth2_->Begin(kConnection, S(bearer))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(bearer_->Begin(kConnection, S(""))));
}

}  // namespace
}  // namespace restante::sasl
