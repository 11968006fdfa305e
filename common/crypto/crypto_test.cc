#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/error_reason.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"
#include "common/crypto/key_ring.h"
#include "common/crypto/maildrop_grant.h"
#include "tests/support/fake_random.h"

namespace restante {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }
std::string Unhex(absl::string_view hex) { return absl::HexStringToBytes(hex); }

KeyRing RingOf(absl::string_view id, char fill) {
  std::map<std::string, Secret> keys;
  keys.emplace(id, Secret(std::string(32, fill)));
  return *KeyRing::Create(std::move(keys), id);
}

// RFC 1320 appendix A.5.
TEST(Md4, Rfc1320Suite) {
  const std::pair<const char*, const char*> suite[] = {
      {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
      {"a", "bde52cb31de33e46245e05fbdbd6fb24"},
      {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
      {"message digest", "d9130a8164549fe818874806e1c7014b"},
      {"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
       "043f8582f241db351ce627e153e7f0e4"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
       "e33b4ddc9c38f2199c3e7b164fcc0536"},
  };
  for (const auto& [input, digest] : suite) EXPECT_EQ(Hex(Md4(input)), digest) << input;
}

// RFC 2202 section 2 case 1, RFC 4231 section 4.2, FIPS 180-2 B.1, RFC 1321 A.5.
TEST(Digest, PublishedVectors) {
  EXPECT_EQ(Hex(HmacMd5(std::string(16, '\x0b'), "Hi There")), "9294727a3638bb1c13f48ef8158bfc9d");
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Rc4, PublishedVector) { EXPECT_EQ(Hex(Rc4("Key", "Plaintext")), "bbf316e8d940af0ad3"); }

// [MS-NLMP] 4.2.2.2.1: the NTLMv1 response for "Password" and challenge 0123456789abcdef.
TEST(Desl, MsNlmpVector) {
  EXPECT_EQ(Hex(Desl(Unhex("a4f49c406510bdcab6824ee7c30fd852"), Unhex("0123456789abcdef"))),
            "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
}

TEST(Aes256Gcm, OpensOnlyWhatWasSealedUntouched) {
  FakeRandom random;
  Secret key(std::string(32, 'k'));
  std::string sealed = SealAes256Gcm(key, "secret text", "account-1", random);
  std::optional<Secret> opened = OpenAes256Gcm(key, sealed, "account-1");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view(), "secret text");
  EXPECT_FALSE(OpenAes256Gcm(key, sealed, "account-2"));
  EXPECT_FALSE(OpenAes256Gcm(Secret(std::string(32, 'j')), sealed, "account-1"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string touched = sealed;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_FALSE(OpenAes256Gcm(key, touched, "account-1")) << i;
    EXPECT_FALSE(OpenAes256Gcm(key, absl::string_view(sealed).substr(0, i), "account-1")) << i;
  }
}

TEST(Aes256Gcm, NoNonceTwice) {
  FakeRandom random;
  Secret key(std::string(32, 'k'));
  EXPECT_NE(SealAes256Gcm(key, "same", "", random), SealAes256Gcm(key, "same", "", random));
}

TEST(KeyRing, RefusesWhatCannotWork) {
  EXPECT_FALSE(KeyRing::Create({}, "a").ok());
  std::map<std::string, Secret> short_key;
  short_key.emplace("a", Secret(std::string(31, 'k')));
  EXPECT_EQ(GetErrorReason(KeyRing::Create(std::move(short_key), "a").status()),
            ErrorReason::kFieldInvalid);
  std::map<std::string, Secret> keys;
  keys.emplace("a", Secret(std::string(32, 'k')));
  EXPECT_FALSE(KeyRing::Create(std::move(keys), "b").ok());
}

class MaildropGrantTest : public testing::Test {
 protected:
  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  const KeyRing ring_ = RingOf("2026-01", 'g');
  const MaildropGrant grant_ = {"mbx-1",
                                "mailstore-0",
                                "0123456789abcdef0123456789abcdef",
                                "spiffe://restante/frontend/pop3-0",
                                MaildropGrant::kRead | MaildropGrant::kDelete,
                                now_ + absl::Seconds(60)};
};

TEST_F(MaildropGrantTest, ComesBackWhole) {
  absl::StatusOr<MaildropGrant> opened = OpenGrant(SealGrant(grant_, ring_), ring_, now_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->mailbox_id, grant_.mailbox_id);
  EXPECT_EQ(opened->placement, grant_.placement);
  EXPECT_EQ(opened->session_id, grant_.session_id);
  EXPECT_EQ(opened->frontend_identity, grant_.frontend_identity);
  EXPECT_EQ(opened->rights, grant_.rights);
  EXPECT_EQ(opened->expire_time, grant_.expire_time);
}

TEST_F(MaildropGrantTest, ExpiresOnTheInstant) {
  std::string sealed = SealGrant(grant_, ring_);
  EXPECT_TRUE(OpenGrant(sealed, ring_, grant_.expire_time - absl::Milliseconds(1)).ok());
  EXPECT_EQ(GetErrorReason(OpenGrant(sealed, ring_, grant_.expire_time).status()),
            ErrorReason::kGrantExpired);
}

TEST_F(MaildropGrantTest, NoTouchedCutOrForeignGrantOpens) {
  std::string sealed = SealGrant(grant_, ring_);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string touched = sealed;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_EQ(GetErrorReason(OpenGrant(touched, ring_, now_).status()), ErrorReason::kGrantInvalid);
    EXPECT_FALSE(OpenGrant(absl::string_view(sealed).substr(0, i), ring_, now_).ok()) << i;
  }
  EXPECT_FALSE(OpenGrant(sealed + "x", ring_, now_).ok());
  EXPECT_FALSE(OpenGrant(sealed, RingOf("2026-01", 'h'), now_).ok());
  EXPECT_FALSE(OpenGrant(sealed, RingOf("2026-02", 'g'), now_).ok());
}

}  // namespace
}  // namespace restante
