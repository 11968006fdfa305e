#include "auth-service/directory/credential_vault.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "auth-service/directory/indexed_directory.h"
#include "common/base/error_reason.h"
#include "common/crypto/cipher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::directory {
namespace {

using ::testing::ElementsAre;

KeyRing Keys(const std::vector<std::string>& ids) {
  std::map<std::string, Secret> keys;
  for (const std::string& id : ids) keys.emplace(id, Secret(std::string(32, id.back())));
  return *KeyRing::Create(std::move(keys), ids.back());
}

class CredentialVaultTest : public testing::Test {
 protected:
  Credential Password(const char* text) { return *CredentialOfPassword(Secret::CopyOf(text)); }

  FakeClock clock_;
  FakeRandom random_;
  CredentialVault vault_{Keys({"k1", "k2"}), random_};
};

TEST_F(CredentialVaultTest, DerivesTheNtHash) {
  // [MS-NLMP] 4.2.2.1.2
  EXPECT_EQ(absl::BytesToHexString(Password("Password").nt_hash->view()),
            "a4f49c406510bdcab6824ee7c30fd852");
  EXPECT_THAT(KindsOf(Password("Password")), ElementsAre("nt_hash"));
}

TEST_F(CredentialVaultTest, KeepsTheHashOfWidenedOctetsForANonAsciiPassword) {
  const Credential credential = Password("P\xc3\xa4ssw\xc3\xb6rd 1");
  ASSERT_TRUE(credential.widened_nt_hash.has_value());
  // What a client that takes UTF-8 for Latin-1 hashes.
  const Credential misread = Password("P\xc3\x83\xc2\xa4ssw\xc3\x83\xc2\xb6rd 1");
  EXPECT_TRUE(misread.nt_hash->EqualsInConstantTime(credential.widened_nt_hash->view()));
  EXPECT_THAT(KindsOf(credential), ElementsAre("nt_hash", "widened_nt_hash"));
}

TEST_F(CredentialVaultTest, RefusesWhatIsNoPasswordAndNoHash) {
  EXPECT_EQ(GetInvalidField(CredentialOfPassword(Secret()).status()), "password");
  EXPECT_EQ(GetInvalidField(CredentialOfPassword(Secret(std::string(257, 'x'))).status()),
            "password");
  EXPECT_EQ(GetInvalidField(CredentialOfPassword(Secret(std::string("\xff"))).status()),
            "password");
  EXPECT_EQ(GetInvalidField(CredentialOfNtHash(Secret(std::string(15, 'x'))).status()), "nt_hash");
}

TEST_F(CredentialVaultTest, OpensWhatItSealed) {
  const Credential credential = Password("P\xc3\xa4ssw\xc3\xb6rd 1");
  const SealedCredential sealed = vault_.Seal("jsmith", credential);
  EXPECT_EQ(sealed.key_id, "k2");
  EXPECT_LE(sealed.sealed.size(), kMaxSealedCredentialOctets);
  EXPECT_EQ(sealed.sealed.find(std::string(credential.nt_hash->view())), std::string::npos);
  const auto opened = vault_.Open("jsmith", sealed);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->nt_hash->EqualsInConstantTime(credential.nt_hash->view()));
  EXPECT_TRUE(opened->widened_nt_hash->EqualsInConstantTime(credential.widened_nt_hash->view()));
}

TEST_F(CredentialVaultTest, MakesScramKeysOfAPassword) {
  const CredentialVault vault(Keys({"k1"}), random_, 5000);
  const Credential credential = *vault.CredentialOf(Secret::CopyOf("pencil"));
  EXPECT_THAT(KindsOf(credential), ElementsAre("nt_hash", "scram_sha_256"));
  const Credential opened = *vault.Open("jsmith", vault.Seal("jsmith", credential));
  ASSERT_TRUE(opened.scram_sha_256.has_value());
  const scram::Keys& keys = *opened.scram_sha_256;
  EXPECT_EQ(keys.iterations, 5000u);
  EXPECT_EQ(keys.salt.size(), scram::kSaltOctets);
  const scram::Keys again = *scram::DeriveKeys(Secret::CopyOf("pencil"), keys.salt, 5000);
  EXPECT_TRUE(again.stored_key.EqualsInConstantTime(keys.stored_key.view()));
  EXPECT_TRUE(again.server_key.EqualsInConstantTime(keys.server_key.view()));
  EXPECT_NE(vault.CredentialOf(Secret::CopyOf("pencil"))->scram_sha_256->salt, keys.salt);
  // Prohibited by SASLprep, and a password all the same.
  EXPECT_THAT(KindsOf(*vault.CredentialOf(Secret::CopyOf("a\x01"))), ElementsAre("nt_hash"));
  EXPECT_EQ(GetInvalidField(vault.CredentialOf(Secret()).status()), "password");
}

TEST_F(CredentialVaultTest, KeepsGivenScramKeysAlone) {
  const scram::Keys keys = *scram::DeriveKeys(Secret::CopyOf("x"), std::string(64, 's'), 4096);
  const Credential credential = *CredentialOfScramKeys(keys);
  EXPECT_THAT(KindsOf(credential), ElementsAre("scram_sha_256"));
  const SealedCredential sealed = vault_.Seal("a", credential);
  EXPECT_LE(sealed.sealed.size(), kMaxSealedCredentialOctets);
  EXPECT_EQ(sealed.sealed.find(std::string(keys.stored_key.view())), std::string::npos);
  const Credential opened = *vault_.Open("a", sealed);
  EXPECT_FALSE(opened.nt_hash.has_value());
  EXPECT_TRUE(opened.scram_sha_256->server_key.EqualsInConstantTime(keys.server_key.view()));
  const auto field = [](std::string salt, uint32_t iterations, size_t octets) {
    return GetInvalidField(
        CredentialOfScramKeys({std::move(salt), iterations, Secret(std::string(octets, 'x')),
                               Secret(std::string(32, 'y'))})
            .status());
  };
  EXPECT_EQ(field("s", 4096, 32), "");
  EXPECT_EQ(field("", 4096, 32), "scram_sha_256.salt");
  EXPECT_EQ(field(std::string(65, 's'), 4096, 32), "scram_sha_256.salt");
  EXPECT_EQ(field("s", 4095, 32), "scram_sha_256.iterations");
  EXPECT_EQ(field("s", 200'001, 32), "scram_sha_256.iterations");
  EXPECT_EQ(field("s", 4096, 31), "scram_sha_256.stored_key");
}

// What an earlier build has sealed is on disk.
TEST_F(CredentialVaultTest, OpensTheFormBeforeScram) {
  const Secret key(std::string(32, '2'));
  const auto open = [&](const std::string& plaintext) {
    return vault_.Open("a", {"k2", SealAes256Gcm(key, plaintext, "a", random_)});
  };
  const std::string hash(kNtHashOctets, 'h');
  EXPECT_EQ(open(std::string("\1\1", 2) + hash)->nt_hash->view(), hash);
  EXPECT_EQ(open(std::string("\1\3", 2) + hash + hash)->widened_nt_hash->view(), hash);
  for (const std::string& wrong :
       {std::string("\1\4", 2) + hash, std::string("\2\10", 2) + hash,
        std::string("\3\1", 2) + hash, std::string("\2\0", 2), std::string("\1\1", 2) + hash + "x",
        std::string("\2\1", 2) + "x", std::string("\2", 1), std::string()}) {
    EXPECT_EQ(open(wrong).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(CredentialVaultTest, DecoysDependOnTheFirstKeyAlone) {
  EXPECT_EQ(vault_.DecoyKey().view(), CredentialVault(Keys({"k1"}), random_).DecoyKey().view());
  EXPECT_NE(vault_.DecoyKey().view(), CredentialVault(Keys({"k2"}), random_).DecoyKey().view());
}

TEST_F(CredentialVaultTest, DoesNotOpenForAnotherAccountOrWhenTamperedWith) {
  SealedCredential sealed = vault_.Seal("jsmith", Password("secret"));
  EXPECT_EQ(vault_.Open("other", sealed).status().code(), absl::StatusCode::kDataLoss);
  sealed.sealed.back() = static_cast<char>(sealed.sealed.back() ^ 1);
  EXPECT_EQ(vault_.Open("jsmith", sealed).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CredentialVaultTest, OpensUnderAnOlderKeyAndNamesAMissingOne) {
  const SealedCredential sealed = CredentialVault(Keys({"k1"}), random_).Seal("a", Password("x"));
  EXPECT_TRUE(vault_.Open("a", sealed).ok());
  const absl::Status missing = CredentialVault(Keys({"k2"}), random_).Open("a", sealed).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorReason(missing), ErrorReason::kCredentialKeyMissing);
  EXPECT_EQ(GetErrorMetadata(missing)["key_id"], "k1");
}

TEST_F(CredentialVaultTest, CountsAccountsByMissingKey) {
  const auto directory = MakeMemoryDirectory({}, clock_, random_);
  for (const char* id : {"a", "b", "c"}) {
    NewAccount account;
    account.id = id;
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory->Create(account, {}).ok());
  }
  ASSERT_TRUE(directory->SetCredential("a", vault_.Seal("a", Password("x")), {}).ok());
  ASSERT_TRUE(directory->SetCredential("b", vault_.Seal("b", Password("x")), {}).ok());
  EXPECT_TRUE(FindMissingKeys(*directory, vault_).empty());
  const auto missing = FindMissingKeys(*directory, CredentialVault(Keys({"k1"}), random_));
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].key_id, "k2");
  EXPECT_EQ(missing[0].accounts, 2u);
}

}  // namespace
}  // namespace restante::directory
