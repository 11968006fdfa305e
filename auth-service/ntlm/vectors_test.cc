// The published vectors of [MS-NLMP] 4.2, from the password to the session key on the wire.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/byte_writer.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante::ntlm {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

const std::string kServerChallenge = absl::HexStringToBytes("0123456789abcdef");
const std::string kClientChallenge(8, '\xaa');
const std::string kExportedSessionKey(16, '\x55');
const std::string kPublishedTargetInfo = absl::HexStringToBytes(
    "02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000");

// [MS-NLMP] 3.3.2's temp at time zero.
std::string Temp() {
  return absl::StrCat(absl::HexStringToBytes("01010000000000000000000000000000"), kClientChallenge,
                      std::string(4, '\0'), kPublishedTargetInfo, std::string(4, '\0'));
}

class MsNlmpVectors : public testing::Test {
 protected:
  const Secret nt_hash_ = NtHash(Secret::CopyOf("Password"));
  const Secret v2_key_ = NtlmV2Key(nt_hash_, NtlmV2Identities("User", "Domain", true)[0]);
};

// 4.2.2
TEST_F(MsNlmpVectors, NtlmV1) {
  EXPECT_EQ(Hex(Desl(nt_hash_.view(), kServerChallenge)),
            "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
  std::string session_base_key = Md4(nt_hash_.view());
  EXPECT_EQ(Hex(session_base_key), "d87262b0cde4b1cb7499becccdf10784");
  EXPECT_EQ(Hex(Rc4(session_base_key, kExportedSessionKey)), "518822b1b3f350c8958682ecbb3e3cb7");
}

// 4.2.2.2.2, with the published LMOWFv1: we compute no LM hash.
TEST_F(MsNlmpVectors, LmV1) {
  EXPECT_EQ(Hex(Desl(absl::HexStringToBytes("e52cac67419a9a224a3b108f3fa6cb6d"), kServerChallenge)),
            "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13");
}

// 4.2.3
TEST_F(MsNlmpVectors, Ntlm2Session) {
  std::string session = Md5(kServerChallenge + kClientChallenge).substr(0, 8);
  EXPECT_EQ(Hex(Desl(nt_hash_.view(), session)),
            "7537f803ae367128ca458204bde7caf81e97ed2683267232");
  EXPECT_EQ(Hex(HmacMd5(Md4(nt_hash_.view()), kServerChallenge + kClientChallenge)),
            "eb93429a8bd952f8b89c55b87f475edc");
}

// 4.2.4
TEST_F(MsNlmpVectors, NtlmV2) {
  std::string proof = HmacMd5(v2_key_.view(), kServerChallenge + Temp());
  EXPECT_EQ(Hex(proof), "68cd0ab851e51c96aabc927bebef6a1c");
  std::string session_base_key = HmacMd5(v2_key_.view(), proof);
  EXPECT_EQ(Hex(session_base_key), "8de40ccadbc14a82f15cb0ad0de95ca3");
  EXPECT_EQ(Hex(Rc4(session_base_key, kExportedSessionKey)), "c5dad2544fc9799094ce1ce90bc9d03e");
  EXPECT_EQ(Hex(HmacMd5(v2_key_.view(), kServerChallenge + kClientChallenge)),
            "86c35097ac9cec102554764a57cccc19");
}

// The published proof in whole messages laid out by hand, so that nothing but Verify computes it.
TEST_F(MsNlmpVectors, PublishedProofIsAccepted) {
  std::string challenge = ByteWriter()
                              .Bytes(absl::string_view("NTLMSSP\0", 8))
                              .U32Le(2)
                              .U64Le(0)
                              .U32Le(kUnicode | kNtlm | kTargetInfo)
                              .Bytes(kServerChallenge)
                              .U64Le(0)
                              .U16Le(36)
                              .U16Le(36)
                              .U32Le(48)
                              .Bytes(kPublishedTargetInfo)
                              .Take();
  std::string response = absl::HexStringToBytes("68cd0ab851e51c96aabc927bebef6a1c") + Temp();
  auto size = static_cast<uint16_t>(response.size());
  ByteWriter authenticate;
  authenticate.Bytes(absl::string_view("NTLMSSP\0", 8)).U32Le(3).U64Le(0);
  authenticate.U16Le(size).U16Le(size).U32Le(84);
  authenticate.U16Le(12).U16Le(12).U32Le(64).U16Le(8).U16Le(8).U32Le(76);
  authenticate.U64Le(0).U64Le(0).U32Le(kUnicode | kNtlm);
  authenticate.Bytes(absl::HexStringToBytes("44006f006d00610069006e005500730065007200"));
  authenticate.Bytes(response);
  const Exchange exchange({"", challenge, authenticate.bytes()});
  const Match match = exchange.MatchWith(nt_hash_);
  EXPECT_EQ(VerdictName(exchange.Judge(match, {})), "ACCEPTED");
  EXPECT_EQ(match.domain, "Domain");
}

}  // namespace
}  // namespace restante::ntlm
