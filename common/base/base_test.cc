#include <gtest/gtest.h>

#include <string>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/ids.h"
#include "common/base/secret.h"

namespace restante {
namespace {

TEST(ByteReader, ReadsWhatByteWriterWrote) {
  ByteWriter writer;
  writer.U8(1).U16Le(0x0203).U32Le(0x04050607).U64Le(0x08090a0b0c0d0e0f);
  writer.U16Be(0x0203).U32Be(0x04050607).U64Be(0x08090a0b0c0d0e0f).LengthPrefixed("body");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.ReadU8(), 1);
  EXPECT_EQ(reader.ReadU16Le(), 0x0203);
  EXPECT_EQ(reader.ReadU32Le(), 0x04050607u);
  EXPECT_EQ(reader.ReadU64Le(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(reader.ReadU16Be(), 0x0203);
  EXPECT_EQ(reader.ReadU32Be(), 0x04050607u);
  EXPECT_EQ(reader.ReadU64Be(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(reader.ReadLengthPrefixed(4), "body");
  EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, ShortBufferGivesNothingAndKeepsThePosition) {
  ByteReader reader("abc");
  EXPECT_FALSE(reader.ReadU32Le());
  EXPECT_FALSE(reader.ReadBytes(4));
  EXPECT_FALSE(reader.Skip(4));
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.ReadU16Be(), 0x6162);
  EXPECT_EQ(reader.rest(), "c");
}

TEST(ByteReader, LengthPrefixAboveLimitOrBufferIsRefused) {
  std::string bytes = ByteWriter().LengthPrefixed("12345").Take();
  EXPECT_FALSE(ByteReader(bytes).ReadLengthPrefixed(4));
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    ByteReader reader(absl::string_view(bytes).substr(0, cut));
    EXPECT_FALSE(reader.ReadLengthPrefixed(100)) << cut;
    EXPECT_EQ(reader.position(), 0u);
  }
}

TEST(ByteReader, AtChecksOffsetAndLengthWithoutOverflow) {
  ByteReader reader("abcdef");
  EXPECT_EQ(reader.At(2, 4), "cdef");
  EXPECT_FALSE(reader.At(3, 4));
  EXPECT_FALSE(reader.At(7, 1));
  EXPECT_FALSE(reader.At(SIZE_MAX, SIZE_MAX));
  EXPECT_FALSE(reader.At(1, SIZE_MAX));
  EXPECT_EQ(reader.At(SIZE_MAX, 0), "");
}

TEST(Secret, MovesWipeTheirSource) {
  std::string password = "hunter2";
  Secret first(std::move(password));
  EXPECT_EQ(password, "");  // NOLINT(bugprone-use-after-move): the wipe is the contract
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.view(), "hunter2");
  EXPECT_TRUE(second.EqualsInConstantTime("hunter2"));
  EXPECT_FALSE(second.EqualsInConstantTime("hunter3"));
  EXPECT_FALSE(second.EqualsInConstantTime("hunter22"));
}

TEST(Secret, WipeReachesTheWholeCapacity) {
  std::string bytes(100, 's');
  const char* memory = bytes.data();
  bytes.resize(20);
  Wipe(&bytes);
  EXPECT_EQ(absl::string_view(memory, 100).find('s'), absl::string_view::npos);
}

TEST(ErrorReason, SurvivesInAStatus) {
  absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse, "in use");
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kMaildropInUse);
  EXPECT_EQ(GetErrorReason(absl::OkStatus()), ErrorReason::kUnspecified);
  EXPECT_EQ(GetErrorReason(absl::UnavailableError("x")), ErrorReason::kUnspecified);
  EXPECT_EQ(GetInvalidField(InvalidField("account.alias", "is empty")), "account.alias");
}

TEST(ErrorReason, CarriesMetadataAndRetryDelay) {
  absl::Status status = MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kNameTaken, "x");
  EXPECT_TRUE(GetErrorMetadata(status).empty());
  EXPECT_EQ(GetRetryDelay(status), std::nullopt);
  SetErrorMetadata(&status, "holder", "accounts/jsmith");
  SetRetryDelay(&status, absl::Milliseconds(1500));
  EXPECT_EQ(GetErrorMetadata(status),
            (std::map<std::string, std::string>{{"holder", "accounts/jsmith"}}));
  EXPECT_EQ(GetRetryDelay(status), absl::Milliseconds(1500));
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kNameTaken);
}

TEST(Ids, ReferenceIsTheFirstFortyBits) {
  EXPECT_EQ(AttemptReference("00000000000000000000000000000000"), "0000-0000");
  EXPECT_EQ(AttemptReference("ffffffffff0000000000000000000000"), "ZZZZ-ZZZZ");
  EXPECT_EQ(AttemptReference("0123456789000000000000000000abcd"), "04HM-ASW9");
  EXPECT_TRUE(IsId("0123456789000000000000000000abcd"));
  EXPECT_FALSE(IsId("0123456789000000000000000000ABCD"));
  EXPECT_FALSE(IsId("0123"));
}

TEST(EscapeForLog, LeavesNoControlOctetAndCuts) {
  EXPECT_EQ(EscapeForLog("a\r\nb\"\\\x7f\xc3"), "a\\x0d\\x0ab\\x22\\\\x7f\\xc3");
  EXPECT_EQ(EscapeForLog("abcdef", 3), "abc...");
}

TEST(Crc32c, MatchesTheCheckValueInOnePieceAndInTwo) {
  EXPECT_EQ(ExtendCrc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(ExtendCrc32c(ExtendCrc32c(0, "1234"), "56789"), 0xe3069283u);
  EXPECT_EQ(ExtendCrc32c(0, ""), 0u);
}

}  // namespace
}  // namespace restante
