#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth-service/scram/keys.h"
#include "auth-service/scram/messages.h"
#include "auth-service/scram/saslprep.h"

namespace restante::scram {
namespace {

// The dialogue of RFC 7677 section 3: user "user", password "pencil".
constexpr char kClientFirst[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr char kServerFirst[] =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr char kClientFinal[] =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr char kServerFinal[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::string FromBase64(absl::string_view text) {
  std::string octets;
  EXPECT_TRUE(absl::Base64Unescape(text, &octets));
  return octets;
}

Keys VectorKeys() {
  return *DeriveKeys(Secret::CopyOf("pencil"), FromBase64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
}

TEST(Scram, ComputesTheVectorOfRfc7677) {
  const Keys keys = VectorKeys();
  const ClientFirst first = *ParseClientFirst(kClientFirst);
  const ClientFinal final = *ParseClientFinal(kClientFinal);
  const std::string auth_message =
      absl::StrCat(first.bare, ",", kServerFirst, ",", final.without_proof);
  EXPECT_TRUE(ProofIsRight(keys, auth_message, final.proof));
  EXPECT_EQ(MakeServerFinal(ServerSignature(keys, auth_message)), kServerFinal);
  EXPECT_EQ(MakeServerFirst(final.nonce, keys.salt, keys.iterations), kServerFirst);
}

TEST(Scram, TakesNoOtherProof) {
  const Keys keys = VectorKeys();
  const ClientFinal final = *ParseClientFinal(kClientFinal);
  const std::string auth_message =
      absl::StrCat("n=user,r=rOprNGfwEbeRWgbNEkqO,", kServerFirst, ",", final.without_proof);
  for (size_t i = 0; i < final.proof.size(); ++i) {
    std::string touched = final.proof;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_FALSE(ProofIsRight(keys, auth_message, touched)) << i;
  }
  EXPECT_FALSE(ProofIsRight(keys, auth_message, ""));
  EXPECT_FALSE(ProofIsRight(keys, auth_message, final.proof.substr(1)));
  EXPECT_FALSE(ProofIsRight(keys, auth_message + "x", final.proof));
  const Keys other = *DeriveKeys(Secret::CopyOf("Pencil"), keys.salt, keys.iterations);
  EXPECT_FALSE(ProofIsRight(other, auth_message, final.proof));
}

TEST(Scram, ReadsWhatAFirstMessageSays) {
  const auto first = ParseClientFirst("p=tls-exporter,a=the=2Cboss,n=a=3Db=2Cc,r=xyz,e=later");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->header.flag, 'p');
  EXPECT_EQ(first->header.binding_name, "tls-exporter");
  EXPECT_EQ(first->header.authorization_id, "the,boss");
  EXPECT_EQ(first->header.text, "p=tls-exporter,a=the=2Cboss,");
  EXPECT_EQ(first->bare, "n=a=3Db=2Cc,r=xyz,e=later");
  EXPECT_EQ(first->username, "a=b,c");
  EXPECT_EQ(first->nonce, "xyz");
  EXPECT_EQ(ParseClientFirst("y,,n=user,r=1")->header.flag, 'y');
}

TEST(Scram, RefusesEveryOtherFirstMessage) {
  const std::string nul(1, '\0');
  const std::string wrong[] = {
      "",
      ",",
      ",,",
      "n,,",
      "n,",
      "x,,n=user,r=1",
      "n=user,r=1",
      "N,,n=user,r=1",
      "p=,,n=user,r=1",
      "p,,n=user,r=1",
      absl::StrCat("p=", std::string(65, 'x'), ",,n=user,r=1"),
      "n,b=x,n=user,r=1",
      "n,a=,n=user,r=1",
      "n,,n=,r=1",
      "n,,n=us=er,r=1",
      "n,,n=us=2cer,r=1",
      "n,,n=user=,r=1",
      "n,,n=us\xff"
      "er,r=1",
      absl::StrCat("n,,n=us", nul, "er,r=1"),
      "n,,m=ext,n=user,r=1",
      "n,,r=1,n=user",
      "n,,n=user",
      "n,,n=user,",
      "n,,n=user,r=",
      "n,,n=user,r=a b",
      "n,,n=user,r=a\x7f",
      "n,,n=user,r=\xc3\xa4",
      absl::StrCat("n,,n=user,r=", std::string(kMaxNonceOctets + 1, 'x')),
      "n,,n=user,r=1,",
      "n,,n=user,r=1,,",
      "n,,n=user,r=1,m=must",
      "n,,n=user,r=1,more",
      "n,,n=user,r=1,e=",
      "n,,n=user,r=1,1=x",
  };
  for (const std::string& message : wrong) {
    EXPECT_FALSE(ParseClientFirst(message).ok()) << message;
  }
}

TEST(Scram, ReadsWhatALastMessageSays) {
  const auto final =
      ParseClientFinal(absl::StrCat("c=eSws,r=ab,e=x,p=", std::string(43, 'A'), "="));
  ASSERT_TRUE(final.ok()) << final.status();
  EXPECT_EQ(final->channel_binding, "y,,");
  EXPECT_EQ(final->nonce, "ab");
  EXPECT_EQ(final->proof, std::string(32, '\0'));
  EXPECT_EQ(final->without_proof, "c=eSws,r=ab,e=x");
}

TEST(Scram, RefusesEveryOtherLastMessage) {
  const std::string proof = absl::StrCat(std::string(43, 'A'), "=");
  const std::string wrong[] = {
      "",
      "p=" + proof,
      ",p=" + proof,
      "c=eSws,p=" + proof,
      "c=eSws,r=ab",
      "c=eSws,r=ab,p=",
      "c=eSws,r=ab,p=AAAA",
      "c=eSws,r=ab,p=" + std::string(43, 'A') + "B",
      "c=eSws,r=ab,p=" + std::string(42, 'A') + "B=",  // bits behind the last octet
      "c=eSws,r=ab,p=" + proof + ",e=x",
      "c=eSw,r=ab,p=" + proof,
      "c=eSws ,r=ab,p=" + proof,
      "r=ab,c=eSws,p=" + proof,
      "c=eSws,r=ab,,p=" + proof,
      "c=eSws,r=ab,m=x,p=" + proof,
      "c=eSws,r=ab,more,p=" + proof,
  };
  for (const std::string& message : wrong) {
    EXPECT_FALSE(ParseClientFinal(message).ok()) << message;
  }
}

TEST(Scram, NoCutMessageIsAMessage) {
  const std::string first = kClientFirst;
  for (size_t size = 0; size < sizeof("n,,n=user,r=") - 1; ++size) {
    EXPECT_FALSE(ParseClientFirst(first.substr(0, size)).ok()) << size;
  }
  const std::string final = kClientFinal;
  for (size_t size = 0; size < final.size(); ++size) {
    EXPECT_FALSE(ParseClientFinal(final.substr(0, size)).ok()) << size;
  }
}

// RFC 4013 section 3.
TEST(SaslPrep, DoesTheExamplesOfRfc4013) {
  EXPECT_EQ(SaslPrep("I\xc2\xadX")->view(), "IX");
  EXPECT_EQ(SaslPrep("user")->view(), "user");
  EXPECT_EQ(SaslPrep("USER")->view(), "USER");
  EXPECT_EQ(SaslPrep("\xc2\xaa")->view(), "a");
  EXPECT_EQ(SaslPrep("\xe2\x85\xa8")->view(), "IX");
  EXPECT_FALSE(SaslPrep("\x07").has_value());
  EXPECT_FALSE(SaslPrep("\xd8\xa7\x31").has_value());
}

TEST(SaslPrep, HasLimits) {
  EXPECT_FALSE(SaslPrep("").has_value());
  EXPECT_FALSE(SaslPrep("\xc2\xad").has_value());  // nothing is left
  EXPECT_FALSE(SaslPrep("\xff").has_value());
  EXPECT_FALSE(SaslPrep(absl::string_view("a\0b", 3)).has_value());
  EXPECT_TRUE(SaslPrep(std::string(1024, 'a')).has_value());
  EXPECT_FALSE(SaslPrep(std::string(1025, 'a')).has_value());
  EXPECT_EQ(SaslPrep("a\xc2\xa0"
                     "b")
                ->view(),
            "a b");
  EXPECT_EQ(SaslPrep("\xf0\x9f\x94\x91")->view(), "\xf0\x9f\x94\x91");  // younger than Unicode 3.2
  std::string longest;
  for (int i = 0; i < 341; ++i) absl::StrAppend(&longest, "\xef\xb7\xba");
  EXPECT_TRUE(SaslPrep(longest).has_value());
}

TEST(Scram, HasNoKeysForAProhibitedPassword) {
  EXPECT_FALSE(DeriveKeys(Secret::CopyOf("a\x01"), "salt", 4096).has_value());
  EXPECT_EQ(DeriveKeys(Secret::CopyOf("\xe2\x85\xa8"), "salt", 4096)->stored_key.view(),
            DeriveKeys(Secret::CopyOf("IX"), "salt", 4096)->stored_key.view());
}

}  // namespace
}  // namespace restante::scram
