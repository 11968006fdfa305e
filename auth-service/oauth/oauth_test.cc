#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "auth-service/oauth/bearer_message.h"
#include "auth-service/oauth/bounded_json.h"
#include "auth-service/oauth/key_set.h"
#include "auth-service/oauth/token_verifier.h"
#include "common/crypto/digest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/token_issuer.h"

namespace restante::oauth {
namespace {

class FixedKeys : public KeySource {
 public:
  explicit FixedKeys(const std::string& jwks) : keys_(*KeySet::Parse(jwks)) {}
  std::shared_ptr<const KeySet> Current() override { return keys_; }

 private:
  const std::shared_ptr<const KeySet> keys_;
};

constexpr char kClaims[] =
    R"({"iss":"https://issuer.example","aud":"restante","sub":"js-17","exp":EXP,"iat":IAT})";

class TokenTest : public testing::Test {
 protected:
  std::string Claims(std::string text = kClaims) {
    const int64_t now = absl::ToUnixSeconds(clock_.WallNow());
    return absl::StrReplaceAll(text,
                               {{"EXP", absl::StrCat(now + 300)}, {"IAT", absl::StrCat(now)}});
  }
  // kClaims with one text in another's place.
  std::string ClaimsWith(const char* what, const char* instead) {
    const std::string changed = absl::StrReplaceAll(kClaims, {{what, instead}});
    EXPECT_NE(changed, kClaims);
    return Claims(changed);
  }
  std::variant<TokenSubject, TokenRefused> Verify(const std::string& token) {
    return TokenVerifier(rules_, keys_, clock_).Verify(token);
  }
  // The name in a token with these claims, or "fault N".
  std::string Outcome(const std::string& token) {
    const auto outcome = Verify(token);
    if (const auto* refused = std::get_if<TokenRefused>(&outcome)) {
      EXPECT_NE(refused->finding, "");
      return absl::StrCat("fault ", static_cast<int>(refused->fault));
    }
    return std::get<TokenSubject>(outcome).name;
  }

  FakeClock clock_;
  const TokenIssuer rsa_{TokenIssuer::Kind::kRsa, "rsa"};
  const TokenIssuer ec_{TokenIssuer::Kind::kEc, "ec"};
  FixedKeys keys_{absl::StrCat(R"({"keys":[)", rsa_.Jwk(), ",", ec_.Jwk(), "]}")};
  TokenRules rules_{.issuer = "https://issuer.example", .audience = "restante"};
};

constexpr char kInvalid[] = "fault 0";
constexpr char kNotNow[] = "fault 1";
constexpr char kForOthers[] = "fault 2";
constexpr char kNamesNobody[] = "fault 3";

TEST_F(TokenTest, TakesTokensOfBothKinds) {
  EXPECT_EQ(Outcome(rsa_.Token(Claims())), "js-17");
  EXPECT_EQ(Outcome(ec_.Token(Claims())), "js-17");
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256"})", Claims())), "js-17");  // the only such key
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","typ":"at+JWT"})", Claims())), "js-17");
}

TEST_F(TokenTest, TakesNoOtherSignature) {
  const std::string token = ec_.Token(Claims());
  const size_t signature = token.rfind('.') + 1;
  for (size_t i = 0; i + 1 < token.size(); ++i) {
    std::string touched = token;
    touched[i] = touched[i] == 'A' ? 'B' : 'A';
    if (touched == token) continue;
    EXPECT_EQ(Outcome(touched), kInvalid) << i;
  }
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_EQ(Outcome(token.substr(0, size)), kInvalid) << size;
  }
  EXPECT_EQ(Outcome(token.substr(0, signature)), kInvalid);
  EXPECT_EQ(Outcome(token + "."), kInvalid);
  EXPECT_EQ(Outcome(token + "A"), kInvalid);
  EXPECT_EQ(Outcome(token + "="), kInvalid);
  EXPECT_EQ(Outcome(token.substr(0, signature) + std::string(86, 'A')), kInvalid);  // r = s = 0
}

// RFC 8725 section 3.1.
TEST_F(TokenTest, IsNotConfusedAboutTheAlgorithm) {
  const std::string claims = absl::WebSafeBase64Escape(Claims());
  for (const char* none : {"none", "None", "NONE", ""}) {
    const std::string header =
        absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":")", none, R"("})"));
    EXPECT_EQ(Outcome(absl::StrCat(header, ".", claims, ".")), kInvalid) << none;
  }
  // A MAC whose key is the public key.
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(R"({"alg":"HS256","kid":"rsa"})"), ".", claims);
  EXPECT_EQ(
      Outcome(absl::StrCat(text, ".", absl::WebSafeBase64Escape(HmacSha256(rsa_.Jwk(), text)))),
      kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"ES256","kid":"rsa"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"ES256","kid":"ec"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(ec_.Token(R"({"alg":"RS256","kid":"ec"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"PS256","kid":"rsa"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"rs256","kid":"rsa"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"kid":"rsa"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":["RS256"]})", Claims())), kInvalid);
}

TEST_F(TokenTest, TakesTheKeyThatTheTokenNames) {
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","kid":"other"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","kid":""})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","kid":7})", Claims())), kInvalid);
  const TokenIssuer stranger(TokenIssuer::Kind::kRsa, "rsa");
  EXPECT_EQ(Outcome(stranger.Token(Claims())), kInvalid);
  EXPECT_EQ(Outcome(stranger.Token(absl::StrCat(R"({"alg":"RS256","jwk":)", stranger.Jwk(), "}"),
                                   Claims())),
            kInvalid);
  // Two keys that it could be: not guessed.
  FixedKeys two(absl::StrCat(R"({"keys":[)", rsa_.Jwk(), ",", stranger.Jwk(), "]}"));
  const TokenVerifier verifier(rules_, two, clock_);
  EXPECT_TRUE(std::holds_alternative<TokenRefused>(
      verifier.Verify(rsa_.Token(R"({"alg":"RS256"})", Claims()))));
}

TEST_F(TokenTest, MindsWhatMustBeUnderstood) {
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","crit":["b64"],"b64":false})", Claims())),
            kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","typ":"logout+jwt"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"RS256","typ":7})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(R"({"alg":"none","alg":"RS256"})", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token("[]", Claims())), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token("[1]")), kInvalid);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("sub")", R"("sub":"boss","sub")"))), kInvalid);
  EXPECT_EQ(Outcome(""), kInvalid);
  EXPECT_EQ(Outcome(".."), kInvalid);
  EXPECT_EQ(Outcome(std::string(kMaxTokenOctets + 1, 'A')), kInvalid);
}

TEST_F(TokenTest, HoldsForItsTimeAlone) {
  const std::string token = rsa_.Token(Claims());
  clock_.Advance(absl::Seconds(300) + rules_.skew - absl::Seconds(1));
  EXPECT_EQ(Outcome(token), "js-17");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Outcome(token), kNotNow);
}

TEST_F(TokenTest, HoldsNotBeforeItsTime) {
  const std::string later = absl::StrCat(absl::ToUnixSeconds(clock_.WallNow()) + 61);
  const std::string token =
      rsa_.Token(ClaimsWith(R"("sub")", absl::StrCat(R"("nbf":)", later, R"(,"sub")").c_str()));
  EXPECT_EQ(Outcome(token), kNotNow);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Outcome(token), "js-17");
}

TEST_F(TokenTest, NeedsAnEnd) {
  for (const char* end : {R"("exp":"EXP")", R"("exp":-1)", R"("exp":1e300)", R"("exp":null)",
                          R"("exp":true)", R"("other":1)"}) {
    EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("exp":EXP)", end))), kInvalid) << end;
  }
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("iat":IAT)", R"("nbf":"x")"))), kInvalid);
}

TEST_F(TokenTest, IsOfThisIssuerForThisAudience) {
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith("issuer.example", "issuer.example/"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("iss")", R"("jss")"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("restante")", R"("other")"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("restante")", R"(["a","restante"])"))), "js-17");
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("restante")", R"(["a"])"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("restante")", "[]"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("restante")", R"({"restante":1})"))), kForOthers);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("aud")", R"("bud")"))), kForOthers);
}

TEST_F(TokenTest, NamesSomebody) {
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith(R"("js-17")", "17"))), kNamesNobody);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith("js-17", ""))), kNamesNobody);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith("js-17", "js\\u0000"))), kNamesNobody);
  EXPECT_EQ(Outcome(rsa_.Token(ClaimsWith("js-17", std::string(321, 'x').c_str()))), kNamesNobody);
  rules_.account_claim = "email";
  EXPECT_EQ(Outcome(rsa_.Token(Claims())), kNamesNobody);
  const auto email = [this](const char* verified) {
    return Outcome(rsa_.Token(ClaimsWith(
        R"("sub")", absl::StrCat(R"("email":"a@b.example",)", verified, R"("sub")").c_str())));
  };
  EXPECT_EQ(email(""), "a@b.example");
  EXPECT_EQ(email(R"("email_verified":true,)"), "a@b.example");
  EXPECT_EQ(email(R"("email_verified":"true",)"), "a@b.example");
  EXPECT_EQ(email(R"("email_verified":false,)"), kNamesNobody);
  EXPECT_EQ(email(R"("email_verified":0,)"), kNamesNobody);
}

TEST(KeySet, RefusesWhatIsNone) {
  const TokenIssuer rsa(TokenIssuer::Kind::kRsa);
  const TokenIssuer ec(TokenIssuer::Kind::kEc);
  const TokenIssuer weak(TokenIssuer::Kind::kRsa, "weak", 1024);
  const auto with = [](const std::string& keys) {
    return absl::StrCat(R"({"keys":[)", keys, "]}");
  };
  std::string many = rsa.Jwk();
  for (size_t i = 0; i < kMaxKeys; ++i) absl::StrAppend(&many, ",", rsa.Jwk());
  const std::string wrong[] = {
      "",
      "{",
      "[]",
      "{}",
      R"({"keys":{}})",
      with(""),
      with("1"),
      with(R"({"kty":"RSA"})"),
      with(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"),
      with(R"({"kty":"oct","k":"AQAB"})"),
      with(weak.Jwk()),
      with(absl::StrReplaceAll(rsa.Jwk(), {{R"("AQAB")", R"("AQ")"}})),
      with(absl::StrReplaceAll(rsa.Jwk(), {{R"("AQAB")", R"("AQAB=")"}})),
      with(absl::StrReplaceAll(rsa.Jwk(), {{R"("AQAB")", R"("BA")"}})),
      with(absl::StrReplaceAll(rsa.Jwk(), {{"RS256", "PS256"}})),
      with(absl::StrReplaceAll(rsa.Jwk(), {{R"("sig")", R"("enc")"}})),
      with(absl::StrReplaceAll(ec.Jwk(), {{"P-256", "P-384"}})),
      with(absl::StrReplaceAll(ec.Jwk(), {{R"("x":")", R"("x":"AA)"}})),
      with(absl::StrReplaceAll(ec.Jwk(), {{R"("y":)", R"("y":"AA","z":)"}})),
      with(many),
      std::string(kMaxKeySetOctets + 1, ' '),
  };
  for (const std::string& text : wrong) {
    EXPECT_FALSE(KeySet::Parse(text).ok()) << text.substr(0, 200);
  }
  EXPECT_EQ((*KeySet::Parse(with(rsa.Jwk() + "," + ec.Jwk())))->size(), 2u);
  EXPECT_EQ(
      (*KeySet::Parse(with(rsa.Jwk() + R"(,{"kty":"OKP","crv":"Ed25519","x":"AA"})")))->size(), 1u);
}

TEST(BoundedJson, HasBounds) {
  EXPECT_TRUE(ParseJsonObject(R"({"a":{"b":[1,{"c":"d"}]}})", 100).has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"a":1})", 6).has_value());
  EXPECT_FALSE(ParseJsonObject("7", 100).has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"a":1} x)", 100).has_value());
  EXPECT_FALSE(ParseJsonObject("{\"a\":\"\xff\"}", 100).has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"a":2})", 100).has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"x":{"a":1,"b":2,"a":2}})", 100).has_value());
  EXPECT_TRUE(ParseJsonObject(R"({"x":{"a":1},"a":{"a":2}})", 100).has_value());
  const auto nested = [](size_t levels) {
    return absl::StrCat(R"({"a":)", std::string(levels, '['), std::string(levels, ']'), "}");
  };
  EXPECT_TRUE(ParseJsonObject(nested(8), 100).has_value());
  EXPECT_FALSE(ParseJsonObject(nested(9), 100).has_value());
  EXPECT_FALSE(ParseJsonObject(nested(100'000), 300'000).has_value());
}

TEST(BearerMessage, ReadsBothForms) {
  const auto bearer = ParseOauthBearer(
      "n,a=js@corp.example,\x01host=mail\x01port=995\x01"
      "auth=Bearer ab.c-_~+/=\x01\x01");
  ASSERT_TRUE(bearer.ok()) << bearer.status();
  EXPECT_EQ(bearer->authorization_id, "js@corp.example");
  EXPECT_EQ(bearer->token.view(), "ab.c-_~+/=");
  EXPECT_EQ(ParseOauthBearer("y,,\x01"
                             "auth=bearer x\x01\x01")
                ->token.view(),
            "x");
  EXPECT_TRUE(ParseOauthBearer("n,,\x01"
                               "auth=\x01\x01")
                  ->token.empty());
  const auto xoauth2 = ParseXoauth2(
      "user=js@corp.example\x01"
      "auth=Bearer x.y\x01\x01");
  ASSERT_TRUE(xoauth2.ok()) << xoauth2.status();
  EXPECT_EQ(xoauth2->authorization_id, "js@corp.example");
  EXPECT_EQ(xoauth2->token.view(), "x.y");
}

TEST(BearerMessage, RefusesEverythingElse) {
  const std::string good =
      "n,a=js,\x01"
      "auth=Bearer x\x01\x01";
  ASSERT_TRUE(ParseOauthBearer(good).ok());
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ParseOauthBearer(good.substr(0, size)).ok()) << size;
  }
  std::string many;
  for (char c = 'a'; c < 'z'; ++c) absl::StrAppend(&many, std::string(1, c), "=1\x01");
  const std::string wrong[] = {
      good + "\x01",
      good + "x",
      "\x01",
      "n,,auth=Bearer x\x01\x01",
      "p=tls-exporter,,\x01"
      "auth=Bearer x\x01\x01",
      "n,,\x01"
      "auth=Basic x\x01\x01",
      "n,,\x01"
      "auth=Bearer\x01\x01",
      "n,,\x01"
      "auth=Bearer \x01\x01",
      "n,,\x01"
      "auth=Bearer =\x01\x01",
      "n,,\x01"
      "auth=Bearer a b\x01\x01",
      "n,,\x01"
      "auth=Bearer a\x02\x01\x01",
      "n,,\x01"
      "auth=Bearer x\x01"
      "auth=Bearer y\x01\x01",
      "n,,\x01"
      "au th=Bearer x\x01\x01",
      "n,,\x01=Bearer x\x01\x01",
      "n,,\x01host\x01"
      "auth=Bearer x\x01\x01",
      "n,,\x01host=a\x01\x01",
      "n,,\x01" + many + "auth=Bearer x\x01\x01",
      "n,a=\xff,\x01"
      "auth=Bearer x\x01\x01",
  };
  for (const std::string& message : wrong) EXPECT_FALSE(ParseOauthBearer(message).ok()) << message;
  for (const std::string& message :
       {std::string(), std::string("user=js\x01\x01"), std::string("auth=Bearer x\x01\x01"),
        std::string("user=\x01"
                    "auth=Bearer x\x01\x01"),
        std::string("user=\xff\x01"
                    "auth=Bearer x\x01\x01"),
        std::string("user=js\x01"
                    "auth=Bearer x\x01"),
        good}) {
    EXPECT_FALSE(ParseXoauth2(message).ok()) << message;
  }
}

}  // namespace
}  // namespace restante::oauth
