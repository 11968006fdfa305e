// What no client should send, a row each, and how it is refused.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/unicode.h"
#include "gmock/gmock.h"
#include "tests/support/ntlm_client.h"
#include "tests/support/ntlm_verdict.h"

namespace restante::ntlm {
namespace {

using testing::HasSubstr;

const ServerNames kNames = {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"};
constexpr absl::string_view kServerChallenge = "12345678";
constexpr uint64_t kFiletime = 0x01dbd97d6c91f3e0;
// No refusal: the message is odd and good enough.
constexpr char kTaken[] = "";

// Turns a well-formed message into the row's.
using Change = std::function<std::string(std::string)>;

struct Row {
  const char* name;
  Change change;
  const char* refusal;  // part of the error's text
};

std::string RowName(const testing::TestParamInfo<Row>& row) { return row.param.name; }

Change Put(size_t offset, std::string octets) {
  return [=](std::string message) { return message.replace(offset, octets.size(), octets); };
}
Change Cut(size_t size) {
  return [=](const std::string& message) { return message.substr(0, size); };
}
Change CutEnd(size_t octets) {
  return [=](const std::string& message) { return message.substr(0, message.size() - octets); };
}
Change Append(std::string octets) {
  return [=](const std::string& message) { return message + octets; };
}
Change Instead(std::string message) {
  return [=](const std::string&) { return message; };
}
Change Unchanged() {
  return [](std::string message) { return message; };
}

std::string U16(uint16_t value) { return ByteWriter().U16Le(value).Take(); }
std::string U32(uint32_t value) { return ByteWriter().U32Le(value).Take(); }
std::string Field(uint16_t length, uint32_t offset) {
  return ByteWriter().U16Le(length).U16Le(length).U32Le(offset).Take();
}

void ExpectRefusal(const absl::Status& status, const Row& row) {
  if (row.refusal == std::string(kTaken)) {
    EXPECT_TRUE(status.ok()) << status;
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr(row.refusal));
}

constexpr char kNoSignature[] = "signature is missing";
constexpr size_t kTypeOffset = 8;

class MalformedNegotiate : public testing::TestWithParam<Row> {};

TEST_P(MalformedNegotiate, IsRefused) {
  const std::string message = GetParam().change(NtlmClient().Negotiate());
  ExpectRefusal(ParseNegotiate(message).status(), GetParam());
}

const Row kNegotiateRows[] = {
    {"Empty", Instead(""), kNoSignature},
    {"OneOctet", Cut(1), kNoSignature},
    {"SignatureWithoutNul", Cut(7), kNoSignature},
    {"SignatureAlone", Cut(8), "type 1"},
    {"TypeCut", Cut(11), "type 1"},
    {"SignatureInLowerCase", Put(0, "ntlmssp"), kNoSignature},
    {"SignatureEndsInSpace", Put(7, " "), kNoSignature},
    {"SignatureOneLate", [](const std::string& m) { return "N" + m; }, kNoSignature},
    {"Base64", Instead("TlRMTVNTUAABAAAAB4IIAA=="), kNoSignature},
    {"Kerberos", Instead("\x60\x28\x06\x06\x2b\x06\x01\x05\x05\x02"), kNoSignature},
    {"Type0", Put(kTypeOffset, U32(0)), "type 1"},
    {"Type2", Put(kTypeOffset, U32(2)), "type 1"},
    {"Type3", Put(kTypeOffset, U32(3)), "type 1"},
    {"TypeBigEndian", Put(kTypeOffset, ByteWriter().U32Be(1).Take()), "type 1"},
    {"TypeHighHalf", Put(kTypeOffset, U32(0x00010001)), "type 1"},
    {"NoFlags", Cut(12), kTaken},
    {"FlagsCut", Cut(15), kTaken},
    {"FieldsOutside", Put(16, Field(0xffff, 0xffffffff)), kTaken},
    {"EveryFlag", Put(12, U32(0xffffffff)), kTaken},
    {"TrailingOctets", Append(std::string(1000, 'x')), kTaken},
};
INSTANTIATE_TEST_SUITE_P(Rows, MalformedNegotiate, testing::ValuesIn(kNegotiateRows), RowName);

class MalformedChallenge : public testing::TestWithParam<Row> {};

TEST_P(MalformedChallenge, IsRefused) {
  const std::string message =
      GetParam().change(BuildChallenge({.flags = kUnicode}, kNames, kServerChallenge, kFiletime));
  ExpectRefusal(ParseChallenge(message).status(), GetParam());
}

// Where the target info begins: behind the header and "CORP".
constexpr uint32_t kTargetInfoOffset = 64;
constexpr char kBadTargetInfo[] = "target info is malformed";

const Row kChallengeRows[] = {
    {"Empty", Instead(""), kNoSignature},
    {"SignatureTouched", Put(3, "X"), kNoSignature},
    {"Type1", Put(kTypeOffset, U32(1)), "type 2"},
    {"NoTargetName", Cut(12), "ends inside its fixed part"},
    {"TargetNameCut", Cut(19), "ends inside its fixed part"},
    {"TargetNameOutside", Put(12, Field(8, 0x7fffffff)), "target name lies outside"},
    {"TargetNameOffsetWraps", Put(12, Field(8, 0xfffffffc)), "target name lies outside"},
    {"TargetNameTooLong", Put(12, Field(0xffff, 56)), "target name lies outside"},
    {"NoFlags", [](const std::string& m) { return Put(12, Field(0, 0))(m).substr(0, 20); },
     "the challenge is cut"},
    {"ServerChallengeCut",
     [](const std::string& m) { return Put(12, Field(0, 0))(m).substr(0, 31); },
     "the challenge is cut"},
    {"ReservedCut", [](const std::string& m) { return Put(12, Field(0, 0))(m).substr(0, 39); },
     "the challenge is cut"},
    {"TargetInfoFieldCut",
     [](const std::string& m) { return Put(12, Field(0, 0))(m).substr(0, 47); },
     "ends inside its fixed part"},
    {"TargetInfoOutside", Put(40, Field(8, 0x7fffffff)), "target info lies outside"},
    {"TargetInfoOneTooLong",
     [](const std::string& m) {
       const auto length = static_cast<uint16_t>(m.size() - kTargetInfoOffset + 1);
       return Put(40, Field(length, kTargetInfoOffset))(m);
     },
     "target info lies outside"},
    {"TargetInfoEmpty", Put(40, Field(0, kTargetInfoOffset)), kBadTargetInfo},
    {"TargetInfoWithoutEnd", CutEnd(0), kTaken},
    {"TargetInfoShorterByItsEnd",
     [](const std::string& m) {
       const auto length = static_cast<uint16_t>(m.size() - kTargetInfoOffset - 4);
       return Put(40, Field(length, kTargetInfoOffset))(m);
     },
     kBadTargetInfo},
    {"TargetInfoPairTooLong", Put(kTargetInfoOffset + 2, U16(0xffff)), kBadTargetInfo},
    {"NoTargetInfoPromised", Put(20, U32(kUnicode)), kTaken},
};
INSTANTIATE_TEST_SUITE_P(Rows, MalformedChallenge, testing::ValuesIn(kChallengeRows), RowName);

class MalformedAuthenticate : public testing::TestWithParam<Row> {};

TEST_P(MalformedAuthenticate, IsRefused) {
  const NtlmClient client;
  const std::string challenge =
      BuildChallenge({.flags = kUnicode}, kNames, kServerChallenge, kFiletime);
  const std::string message = GetParam().change(client.Authenticate(client.Negotiate(), challenge));
  ExpectRefusal(ParseAuthenticate(message, kUnicode).status(), GetParam());
}

// Where the fields stand.
constexpr size_t kLm = 12;
constexpr size_t kNt = 20;
constexpr size_t kDomain = 28;
constexpr size_t kUser = 36;
constexpr size_t kWorkstation = 44;
constexpr size_t kSessionKey = 52;
constexpr uint32_t kPayload = 88;

// The message with `text` as its user name.
Change UserOctets(std::string text) {
  return [=](const std::string& m) {
    const auto offset = static_cast<uint32_t>(m.size());
    return Put(kUser, Field(static_cast<uint16_t>(text.size()), offset))(m) + text;
  };
}

const Row kAuthenticateRows[] = {
    {"Empty", Instead(""), kNoSignature},
    {"SignatureTouched", Put(0, "M"), kNoSignature},
    {"Type1", Put(kTypeOffset, U32(1)), "type 3"},
    {"Type2", Put(kTypeOffset, U32(2)), "type 3"},
    {"TypeAlone", Cut(12), "ends inside its fixed part"},
    {"LmFieldCut", [](const std::string& m) { return Put(kLm, Field(0, 0))(m).substr(0, 19); },
     "ends inside its fixed part"},
    {"LmOutside", Put(kLm, Field(24, 0x7fffffff)), "LM response lies outside"},
    {"LmAtEnd",
     [](const std::string& m) { return Put(kLm, Field(1, static_cast<uint32_t>(m.size())))(m); },
     "LM response lies outside"},
    {"NtOutside", Put(kNt, Field(24, 0xffffffff)), "NT response lies outside"},
    {"NtWraps", Put(kNt, Field(0xffff, 0xffff0001)), "NT response lies outside"},
    {"NtTooLong", Put(kNt, Field(0xffff, kPayload)), "NT response lies outside"},
    {"DomainOutside", Put(kDomain, Field(2, 0x10000)), "domain lies outside"},
    {"UserOutside", Put(kUser, Field(2, 0x10000)), "user name lies outside"},
    {"WorkstationOutside", Put(kWorkstation, Field(2, 0x10000)), "workstation lies outside"},
    {"SessionKeyOutside", Put(kSessionKey, Field(16, 0x10000)), "session key lies outside"},
    {"DomainOfOddOctets", Put(kDomain, Field(3, kPayload)), "domain is not text"},
    {"UserOfOddOctets", Put(kUser, Field(1, kPayload)), "user name is not text"},
    {"WorkstationOfOddOctets", Put(kWorkstation, Field(5, kPayload)), "workstation is not text"},
    {"UserHasNul", UserOctets(std::string("a\0\0\0b\0", 6)), "user name is not text"},
    {"UserIsNul", UserOctets(std::string("\0\0", 2)), "user name is not text"},
    {"UserIsHighSurrogate", UserOctets("\x3d\xd8"), "user name is not text"},
    {"UserIsLowSurrogate", UserOctets(std::string("\x00\xde", 2)), "user name is not text"},
    {"UserHasSurrogatesSwapped", UserOctets(std::string("\x00\xde\x3d\xd8", 4)),
     "user name is not text"},
    {"UserIsSurrogatePair", UserOctets(std::string("\x3d\xd8\x00\xde", 4)), kTaken},
    {"DomainIsSignature", Put(kDomain, Field(8, 0)), kTaken},
    {"UserIsHeader", Put(kUser, Field(12, 0)), "user name is not text"},
    {"AllFieldsOverlap",
     [](std::string m) {
       for (size_t field : {kDomain, kUser, kWorkstation}) m = Put(field, Field(0, 0))(m);
       return Put(kLm, Field(24, kPayload))(Put(kNt, Field(24, kPayload))(m));
     },
     kTaken},
    {"EmptyFieldsPointOutside",
     [](const std::string& m) {
       return Put(kWorkstation, Field(0, 0xffffffff))(Put(kLm, Field(0, 0xdeadbeef))(m));
     },
     kTaken},
    {"MaximumBelowLength", Put(kUser + 2, U16(1)), kTaken},
    {"TrailingOctets", Append(std::string(5000, 'x')), kTaken},
    {"BothCharsets", Put(60, U32(kUnicode | kOem)), kTaken},
    {"NeitherCharset", Put(60, U32(0)), kTaken},
};
INSTANTIATE_TEST_SUITE_P(Rows, MalformedAuthenticate, testing::ValuesIn(kAuthenticateRows),
                         RowName);

std::string Pair(uint16_t id, uint16_t length, absl::string_view value) {
  return ByteWriter().U16Le(id).U16Le(length).Bytes(value).Take();
}

class MalformedAvPairs : public testing::TestWithParam<Row> {};

TEST_P(MalformedAvPairs, AreRefused) {
  const std::string pairs = GetParam().change(Pair(0, 0, ""));
  EXPECT_EQ(ParseAvPairs(pairs).has_value(), GetParam().refusal == std::string(kTaken));
}

// The pair, then the end.
Change Before(std::string pair) {
  return [=](const std::string& end) { return pair + end; };
}

constexpr char kRefused[] = "refused";
const Row kAvPairsRows[] = {
    {"EndAlone", Unchanged(), kTaken},
    {"Empty", Instead(""), kRefused},
    {"IdCut", Cut(1), kRefused},
    {"NoLength", Cut(2), kRefused},
    {"LengthCut", Cut(3), kRefused},
    {"NoEnd", Instead(Pair(2, 2, "C\0")), kRefused},
    {"ValueRunsOverTheEnd", Instead(Pair(2, 6, "CORP")), kRefused},
    {"ValueSwallowsTheEnd", Before(Pair(2, 8, "CORP")), kRefused},
    {"LongestLength", Before(Pair(2, 0xffff, "CORP")), kRefused},
    {"EndPromisesAValue", Instead(Pair(0, 4, "")), kRefused},
    {"FlagsEmpty", Before(Pair(6, 0, "")), kRefused},
    {"FlagsShort", Before(Pair(6, 3, "abc")), kRefused},
    {"FlagsLong", Before(Pair(6, 5, "abcde")), kRefused},
    {"TimestampShort", Before(Pair(7, 7, "1234567")), kRefused},
    {"TimestampLong", Before(Pair(7, 9, "123456789")), kRefused},
    {"BindingsEmpty", Before(Pair(10, 0, "")), kRefused},
    {"BindingsShort", Before(Pair(10, 15, std::string(15, 'b'))), kRefused},
    {"BindingsLong", Before(Pair(10, 17, std::string(17, 'b'))), kRefused},
    {"UnknownId", Before(Pair(0x7777, 3, "abc")), kTaken},
    {"OctetsAfterTheEnd", Append("rubbish"), kTaken},
    {"SecondFlagsShort", Before(Pair(6, 4, "abcd") + Pair(6, 1, "a")), kRefused},
};
INSTANTIATE_TEST_SUITE_P(Rows, MalformedAvPairs, testing::ValuesIn(kAvPairsRows), RowName);

// Responses inside messages that parse.
struct ResponseRow {
  const char* name;
  std::string lm;
  std::string nt;
  Verdict verdict;
};

// NTLMv2 without a right proof.
std::string NtlmV2(absl::string_view temp) { return absl::StrCat(std::string(16, 'p'), temp); }
std::string Temp(char type, char highest, const std::string& pairs) {
  return absl::StrCat(std::string({type, highest}), std::string(26, '\0'), pairs);
}

class MalformedResponse : public testing::TestWithParam<ResponseRow> {};

TEST_P(MalformedResponse, IsRefused) {
  const ResponseRow& row = GetParam();
  const NtlmClient client;
  Conversation conversation;
  conversation.negotiate = client.Negotiate();
  conversation.challenge =
      BuildChallenge(*ParseNegotiate(conversation.negotiate), kNames, kServerChallenge, kFiletime);
  std::string message = client.Authenticate(conversation.negotiate, conversation.challenge);
  auto size = static_cast<uint32_t>(message.size());
  message = Put(kLm, Field(static_cast<uint16_t>(row.lm.size()), size))(message) + row.lm;
  size = static_cast<uint32_t>(message.size());
  message = Put(kNt, Field(static_cast<uint16_t>(row.nt.size()), size))(message) + row.nt;
  conversation.authenticate = message;
  const Secret hash = NtHash(Secret::CopyOf("Password"));
  EXPECT_EQ(VerdictName(VerdictOf(conversation, hash)), VerdictName(row.verdict));
}

const std::string kEndPair(4, '\0');
const ResponseRow kResponseRows[] = {
    {"NeitherResponse", "", "", Verdict::kAnonymous},
    {"LmOneOctet", std::string(1, '\0'), "", Verdict::kAnonymous},
    {"LmTwoOctets", std::string(2, '\0'), "", Verdict::kMalformed},
    {"LmAlone", std::string(24, 'l'), "", Verdict::kLmNotAllowed},
    {"NtOneOctet", "", "n", Verdict::kMalformed},
    {"Nt23Octets", "", std::string(23, 'n'), Verdict::kMalformed},
    {"Nt25Octets", "", std::string(25, 'n'), Verdict::kMalformed},
    {"Nt43Octets", "", std::string(43, 'n'), Verdict::kMalformed},
    {"Version0", "", NtlmV2(Temp(0, 1, kEndPair)), Verdict::kMalformed},
    {"Version2", "", NtlmV2(Temp(2, 1, kEndPair)), Verdict::kMalformed},
    {"HighestVersion0", "", NtlmV2(Temp(1, 0, kEndPair)), Verdict::kMalformed},
    {"HighestVersion2", "", NtlmV2(Temp(1, 2, kEndPair)), Verdict::kMalformed},
    {"NoPairs", "", NtlmV2(Temp(1, 1, "")), Verdict::kMalformed},
    {"PairsWithoutEnd", "", NtlmV2(Temp(1, 1, Pair(2, 4, "CORP"))), Verdict::kMalformed},
    {"PairTooLong", "", NtlmV2(Temp(1, 1, Pair(2, 9, "CORP") + kEndPair)), Verdict::kMalformed},
    {"ProofWrong", "", NtlmV2(Temp(1, 1, kEndPair)), Verdict::kWrongPassword},
};
INSTANTIATE_TEST_SUITE_P(Rows, MalformedResponse, testing::ValuesIn(kResponseRows),
                         [](const auto& row) { return std::string(row.param.name); });

// A message that says it is anonymous is, whatever else it holds.
TEST(AnonymousFlag, RefusesARightResponse) {
  const NtlmClient client;
  Conversation conversation;
  conversation.negotiate = client.Negotiate();
  conversation.challenge =
      BuildChallenge(*ParseNegotiate(conversation.negotiate), kNames, kServerChallenge, kFiletime);
  conversation.authenticate = client.Authenticate(conversation.negotiate, conversation.challenge);
  const Secret hash = NtHash(Secret::CopyOf("Password"));
  EXPECT_EQ(VerdictName(VerdictOf(conversation, hash)), "ACCEPTED");
  conversation.authenticate = Put(60, U32(kUnicode | kAnonymous))(conversation.authenticate);
  EXPECT_EQ(VerdictName(VerdictOf(conversation, hash)), "ANONYMOUS");
}

// A client from before the flags (or one that lies) has text in their place: it is no flag.
TEST(OverlappedFlags, AreNotRead) {
  const std::string user =
      *Utf8ToUtf16Le("\xe0\xa0\x81user");  // U+0801, as flags: anonymous, Unicode
  const std::string header = absl::StrCat(absl::string_view("NTLMSSP\0", 8), U32(3), Field(0, 0),
                                          Field(0, 0), Field(0, 0));
  for (const uint32_t offset : {52u, 60u, 62u}) {
    std::string message =
        absl::StrCat(header, Field(static_cast<uint16_t>(user.size()), offset), Field(0, 0));
    message.resize(offset, '\0');
    const absl::StatusOr<AuthenticateMessage> parsed = ParseAuthenticate(message + user, kUnicode);
    ASSERT_TRUE(parsed.ok()) << offset << " " << parsed.status();
    EXPECT_FALSE(parsed->flags.has_value()) << offset;
    EXPECT_EQ(parsed->user, "\xe0\xa0\x81user") << offset;
  }
}

}  // namespace
}  // namespace restante::ntlm
