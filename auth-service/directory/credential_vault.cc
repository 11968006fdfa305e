#include "auth-service/directory/credential_vault.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante::directory {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kHasNtHash = 1;
constexpr uint8_t kHasWidenedNtHash = 2;
constexpr size_t kMaxPlaintextOctets = 2 + 2 * kNtHashOctets;
constexpr size_t kAccountsPerPage = 1000;

Secret WidenedNtHash(absl::string_view password_utf8) {
  std::string widened;
  widened.reserve(2 * password_utf8.size());  // no copy is left behind by growing
  for (const char octet : password_utf8) {
    widened.push_back(octet);
    widened.push_back(0);
  }
  Secret hash(Md4(widened));
  Wipe(&widened);
  return hash;
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

absl::Status DamagedCredential(absl::string_view account_id) {
  return absl::DataLossError(absl::StrCat("the credential of accounts/", EscapeForLog(account_id),
                                          " does not open; set it again"));
}

std::optional<Credential> Parse(absl::string_view plaintext) {
  ByteReader reader(plaintext);
  const std::optional<uint8_t> version = reader.ReadU8();
  const std::optional<uint8_t> kinds = reader.ReadU8();
  if (version != kVersion || !kinds || (*kinds & kHasNtHash) == 0) return std::nullopt;
  Credential credential;
  const auto nt_hash = reader.ReadBytes(kNtHashOctets);
  if (!nt_hash) return std::nullopt;
  credential.nt_hash = Secret::CopyOf(*nt_hash);
  if ((*kinds & kHasWidenedNtHash) != 0) {
    const auto widened = reader.ReadBytes(kNtHashOctets);
    if (!widened) return std::nullopt;
    credential.widened_nt_hash = Secret::CopyOf(*widened);
  }
  return credential;
}

}  // namespace

absl::StatusOr<Credential> CredentialOfPassword(const Secret& password) {
  if (password.empty() || password.size() > kMaxPasswordOctets || !IsValidUtf8(password.view())) {
    return InvalidField("password", "must be 1 to 256 octets of UTF-8");
  }
  Credential credential;
  credential.nt_hash = ntlm::NtHash(password);
  if (!IsAscii(password.view())) credential.widened_nt_hash = WidenedNtHash(password.view());
  return credential;
}

absl::StatusOr<Credential> CredentialOfNtHash(const Secret& nt_hash) {
  if (nt_hash.size() != kNtHashOctets) return InvalidField("nt_hash", "must be 16 octets");
  Credential credential;
  credential.nt_hash = nt_hash.Clone();
  return credential;
}

std::vector<std::string> KindsOf(const Credential& credential) {
  std::vector<std::string> kinds = {"nt_hash"};
  if (credential.widened_nt_hash) kinds.emplace_back("widened_nt_hash");
  return kinds;
}

SealedCredential CredentialVault::Seal(absl::string_view account_id,
                                       const Credential& credential) const {
  RESTANTE_CHECK(credential.nt_hash.size() == kNtHashOctets);
  std::string plaintext;
  plaintext.reserve(kMaxPlaintextOctets);  // no copy is left behind by growing
  plaintext.push_back(kVersion);
  plaintext.push_back(credential.widened_nt_hash ? kHasNtHash | kHasWidenedNtHash : kHasNtHash);
  absl::StrAppend(&plaintext, credential.nt_hash.view());
  if (credential.widened_nt_hash) absl::StrAppend(&plaintext, credential.widened_nt_hash->view());
  SealedCredential sealed{keys_.active_id(),
                          SealAes256Gcm(keys_.active_key(), plaintext, account_id, random_)};
  Wipe(&plaintext);
  return sealed;
}

absl::StatusOr<Credential> CredentialVault::Open(absl::string_view account_id,
                                                 const SealedCredential& sealed) const {
  const Secret* key = keys_.Find(sealed.key_id);
  if (key == nullptr) {
    absl::Status missing =
        MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kCredentialKeyMissing,
                  absl::StrCat("the credential of accounts/", EscapeForLog(account_id),
                               " is sealed under key ", EscapeForLog(sealed.key_id),
                               ", which is not loaded"));
    SetErrorMetadata(&missing, "key_id", sealed.key_id);
    return missing;
  }
  const std::optional<Secret> plaintext = OpenAes256Gcm(*key, sealed.sealed, account_id);
  if (!plaintext) return DamagedCredential(account_id);
  std::optional<Credential> credential = Parse(plaintext->view());
  if (!credential) return DamagedCredential(account_id);
  return *std::move(credential);
}

std::vector<MissingKey> FindMissingKeys(const Directory& directory, const CredentialVault& vault) {
  std::map<std::string, size_t> missing;
  std::string after;
  for (bool more = true; more;) {
    const AccountPage page = directory.List(kAccountsPerPage, after);
    for (const AccountPtr& account : page.accounts) {
      after = account->id;
      if (account->credential && !vault.HasKey(account->credential->key_id)) {
        ++missing[account->credential->key_id];
      }
    }
    more = page.more;
  }
  std::vector<MissingKey> keys;
  for (const auto& [key_id, accounts] : missing) keys.push_back({key_id, accounts});
  return keys;
}

}  // namespace restante::directory
