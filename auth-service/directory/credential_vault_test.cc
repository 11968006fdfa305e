#include "auth-service/directory/credential_vault.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "auth-service/directory/indexed_directory.h"
#include "common/base/error_reason.h"
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
  EXPECT_EQ(absl::BytesToHexString(Password("Password").nt_hash.view()),
            "a4f49c406510bdcab6824ee7c30fd852");
  EXPECT_THAT(KindsOf(Password("Password")), ElementsAre("nt_hash"));
}

TEST_F(CredentialVaultTest, KeepsTheHashOfWidenedOctetsForANonAsciiPassword) {
  const Credential credential = Password("P\xc3\xa4ssw\xc3\xb6rd 1");
  ASSERT_TRUE(credential.widened_nt_hash.has_value());
  // What a client that takes UTF-8 for Latin-1 hashes.
  const Credential misread = Password("P\xc3\x83\xc2\xa4ssw\xc3\x83\xc2\xb6rd 1");
  EXPECT_TRUE(misread.nt_hash.EqualsInConstantTime(credential.widened_nt_hash->view()));
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
  EXPECT_EQ(sealed.sealed.find(std::string(credential.nt_hash.view())), std::string::npos);
  const auto opened = vault_.Open("jsmith", sealed);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->nt_hash.EqualsInConstantTime(credential.nt_hash.view()));
  EXPECT_TRUE(opened->widened_nt_hash->EqualsInConstantTime(credential.widened_nt_hash->view()));
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
