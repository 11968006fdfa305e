#include "auth-service/ntlm/messages.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "common/base/byte_writer.h"
#include "common/base/unicode.h"
#include "tests/support/ntlm_client.h"

namespace restante::ntlm {
namespace {

constexpr absl::string_view kServerChallenge = "12345678";
constexpr uint64_t kFiletime = 0x01dbd97d6c91f3e0;
const ServerNames kNames = {"Corp", "MAIL", "corp.example", "mail.corp.example", "corp.example"};

std::string ChallengeFor(uint32_t offered) {
  return BuildChallenge({.flags = offered}, kNames, kServerChallenge, kFiletime);
}

uint32_t FlagsOf(const std::string& challenge) { return ParseChallenge(challenge)->flags; }

// Fields in the order of the message: LM, NT, domain, user, workstation, session key.
constexpr size_t kFieldsOffset = 12;
constexpr size_t kFieldOctets = 8;

TEST(Negotiate, NeedsSignatureAndTypeAlone) {
  std::string whole = NtlmClient().Negotiate();
  EXPECT_TRUE(ParseNegotiate(whole).ok());
  EXPECT_TRUE(ParseNegotiate(whole.substr(0, 12)).ok());
  EXPECT_EQ(ParseNegotiate(whole.substr(0, 12))->flags, 0u);
  for (size_t cut = 0; cut < 12; ++cut) EXPECT_FALSE(ParseNegotiate(whole.substr(0, cut)).ok());
  std::string wrong_type = whole;
  wrong_type[8] = 3;
  EXPECT_FALSE(ParseNegotiate(wrong_type).ok());
}

TEST(Challenge, HasTargetInfoAndTimestampWhateverWasOffered) {
  for (uint32_t offered : {0u, uint32_t{kOem}, uint32_t{kUnicode}, 0xffffffffu}) {
    std::string message = ChallengeFor(offered);
    absl::StatusOr<ChallengeMessage> challenge = ParseChallenge(message);
    ASSERT_TRUE(challenge.ok());
    EXPECT_EQ(challenge->server_challenge, kServerChallenge);
    EXPECT_EQ(challenge->timestamp, ByteWriter().U64Le(kFiletime).bytes());
    EXPECT_EQ(challenge->netbios_domain, "Corp");
    uint32_t always = kNtlm | kRequestTarget | kTargetTypeDomain | kTargetInfo;
    EXPECT_EQ(challenge->flags & always, always);
  }
}

TEST(Challenge, CharsetIsUnicodeUnlessOnlyOemWasOffered) {
  EXPECT_TRUE(FlagsOf(ChallengeFor(kUnicode | kOem)) & kUnicode);
  EXPECT_TRUE(FlagsOf(ChallengeFor(0)) & kUnicode);
  EXPECT_FALSE(FlagsOf(ChallengeFor(kOem)) & kUnicode);
  EXPECT_TRUE(FlagsOf(ChallengeFor(kOem)) & kOem);
  EXPECT_NE(ChallengeFor(kOem).find("CORP"), std::string::npos);
}

TEST(Challenge, EchoesOnlyWhatItKnowsAndNeverLmKey) {
  constexpr uint32_t kLmKey = 0x80;
  EXPECT_EQ(FlagsOf(ChallengeFor(0xffffffff)) & kLmKey, 0u);
  EXPECT_TRUE(FlagsOf(ChallengeFor(kExtendedSessionSecurity)) & kExtendedSessionSecurity);
  EXPECT_FALSE(FlagsOf(ChallengeFor(0)) & kExtendedSessionSecurity);
}

TEST(Challenge, SaysTheNamesThatThereAre) {
  const auto pair = [](uint16_t id, absl::string_view name) {
    const std::string wide = *Utf8ToUtf16Le(name);
    return ByteWriter().U16Le(id).U16Le(static_cast<uint16_t>(wide.size())).Bytes(wide).Take();
  };
  const std::string time = ByteWriter().U16Le(7).U16Le(8).U64Le(kFiletime).U32Le(0).Take();
  const std::string all = pair(2, "Corp") + pair(1, "MAIL") + pair(4, "corp.example") +
                          pair(3, "mail.corp.example") + pair(5, "corp.example") + time;
  EXPECT_TRUE(absl::EndsWith(ChallengeFor(kUnicode), all));
  const std::string least =
      BuildChallenge({.flags = kUnicode}, {"Corp", "MAIL", "", "", ""}, "12345678", kFiletime);
  EXPECT_TRUE(absl::EndsWith(least, pair(2, "Corp") + pair(1, "MAIL") + time));
}

TEST(Challenge, NoCutOneParses) {
  std::string message = ChallengeFor(kUnicode);
  for (size_t cut = 0; cut < message.size(); ++cut) {
    EXPECT_FALSE(ParseChallenge(message.substr(0, cut)).ok()) << cut;
  }
}

class AuthenticateTest : public testing::Test {
 protected:
  std::string Message() const {
    return client_.Authenticate(client_.Negotiate(), ChallengeFor(kUnicode));
  }
  static std::string WithField(std::string message, size_t field, uint16_t length,
                               uint32_t offset) {
    std::string bytes = ByteWriter().U16Le(length).U16Le(length).U32Le(offset).Take();
    return message.replace(kFieldsOffset + field * kFieldOctets, bytes.size(), bytes);
  }

  NtlmClient client_;
};

TEST_F(AuthenticateTest, ReadsTheNames) {
  client_.user = "j\xc3\xbcrgen";
  absl::StatusOr<AuthenticateMessage> message = ParseAuthenticate(Message(), kUnicode);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->user, "j\xc3\xbcrgen");
  EXPECT_EQ(message->domain, "Domain");
  EXPECT_EQ(message->workstation, "COMPUTER");
  EXPECT_TRUE(message->flags.value_or(0) & kUnicode);
}

TEST_F(AuthenticateTest, NoCutInsideTheFieldsParses) {
  std::string whole = Message();
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_FALSE(ParseAuthenticate(whole.substr(0, cut), kUnicode).ok()) << cut;
  }
}

TEST_F(AuthenticateTest, EveryFieldMustLieInside) {
  std::string whole = Message();
  auto size = static_cast<uint32_t>(whole.size());
  for (size_t field = 0; field < 6; ++field) {
    for (uint32_t offset : {size, size - 1, uint32_t{0xffffffff}, uint32_t{0xfffffffe}}) {
      EXPECT_FALSE(ParseAuthenticate(WithField(whole, field, 2, offset), kUnicode).ok())
          << field << " " << offset;
    }
    EXPECT_FALSE(ParseAuthenticate(WithField(whole, field, 0xffff, 0), kUnicode).ok()) << field;
  }
}

TEST_F(AuthenticateTest, AnEmptyFieldMayPointAnywhere) {
  for (uint32_t offset : {uint32_t{0}, uint32_t{5}, uint32_t{0xffffffff}}) {
    EXPECT_TRUE(ParseAuthenticate(WithField(Message(), 4, 0, offset), kUnicode).ok()) << offset;
  }
}

TEST_F(AuthenticateTest, RefusesWhatIsNoText) {
  std::string whole = Message();
  EXPECT_FALSE(ParseAuthenticate(WithField(whole, 3, 3, 88), kUnicode).ok());  // odd octets
  client_.user = std::string("a\0b", 3);
  EXPECT_FALSE(ParseAuthenticate(Message(), kUnicode).ok());
  client_.unicode = false;
  EXPECT_FALSE(ParseAuthenticate(Message(), kOem).ok());
}

TEST_F(AuthenticateTest, FlagsAreAbsentWhenThePayloadBeginsEarlier) {
  // A payload at 52 leaves neither session key nor flags; the charset is then the challenge's.
  ByteWriter writer;
  writer.Bytes(absl::string_view("NTLMSSP\0", 8)).U32Le(3);
  writer.U64Le(0).U64Le(0).U64Le(0).U16Le(4).U16Le(4).U32Le(52).U64Le(0).Bytes("user");
  absl::StatusOr<AuthenticateMessage> oem = ParseAuthenticate(writer.bytes(), kOem);
  ASSERT_TRUE(oem.ok()) << oem.status();
  EXPECT_FALSE(oem->flags);
  EXPECT_EQ(oem->user, "user");
  EXPECT_NE(ParseAuthenticate(writer.bytes(), kUnicode)->user, "user");
}

TEST(AvPairs, MustEndAndFit) {
  EXPECT_TRUE(ParseAvPairs(ByteWriter().U32Le(0).bytes()));
  EXPECT_FALSE(ParseAvPairs(""));
  EXPECT_FALSE(ParseAvPairs(ByteWriter().U16Le(7).U16Le(8).U64Le(1).bytes()));
  EXPECT_FALSE(ParseAvPairs(ByteWriter().U16Le(7).U16Le(9).U64Le(1).U32Le(0).bytes()));
  EXPECT_FALSE(ParseAvPairs(ByteWriter().U16Le(7).U16Le(2).U16Le(1).U32Le(0).bytes()));
  EXPECT_FALSE(ParseAvPairs(ByteWriter().U16Le(6).U16Le(2).U16Le(2).U32Le(0).bytes()));
  EXPECT_FALSE(ParseAvPairs(ByteWriter().U16Le(10).U16Le(4).U32Le(2).U32Le(0).bytes()));
}

}  // namespace
}  // namespace restante::ntlm
