#include "auth-service/directory/credential_vault.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante::directory {
namespace {

constexpr uint8_t kVersion = 2;
constexpr uint8_t kHasNtHash = 1;
constexpr uint8_t kHasWidenedNtHash = 2;
constexpr uint8_t kHasScramSha256 = 4;
constexpr size_t kMaxPlaintextOctets =
    2 + 2 * kNtHashOctets + 8 + scram::kMaxSaltOctets + 2 * scram::kKeyOctets;
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

// Reads `size` octets into `secret` where `is_there`; false when they are missing.
bool ReadSecret(bool is_there, size_t size, ByteReader* reader, std::optional<Secret>* secret) {
  if (!is_there) return true;
  const auto octets = reader->ReadBytes(size);
  if (octets) *secret = Secret::CopyOf(*octets);
  return octets.has_value();
}

std::optional<scram::Keys> ReadScramKeys(ByteReader* reader) {
  const auto salt = reader->ReadLengthPrefixed(scram::kMaxSaltOctets);
  const auto iterations = reader->ReadU32Be();
  const auto stored_key = reader->ReadBytes(scram::kKeyOctets);
  const auto server_key = reader->ReadBytes(scram::kKeyOctets);
  if (!salt || !iterations || !stored_key || !server_key) return std::nullopt;
  return scram::Keys{std::string(*salt), *iterations, Secret::CopyOf(*stored_key),
                     Secret::CopyOf(*server_key)};
}

std::optional<Credential> Parse(absl::string_view plaintext) {
  ByteReader reader(plaintext);
  const uint8_t version = reader.ReadU8().value_or(0);
  const uint8_t kinds = reader.ReadU8().value_or(0);
  const uint8_t known = version == 1 ? kHasNtHash | kHasWidenedNtHash
                                     : kHasNtHash | kHasWidenedNtHash | kHasScramSha256;
  if (version == 0 || version > kVersion || kinds == 0 || (kinds & ~known) != 0) {
    return std::nullopt;
  }
  Credential credential;
  if (!ReadSecret((kinds & kHasNtHash) != 0, kNtHashOctets, &reader, &credential.nt_hash) ||
      !ReadSecret((kinds & kHasWidenedNtHash) != 0, kNtHashOctets, &reader,
                  &credential.widened_nt_hash)) {
    return std::nullopt;
  }
  if ((kinds & kHasScramSha256) != 0) {
    credential.scram_sha_256 = ReadScramKeys(&reader);
    if (!credential.scram_sha_256) return std::nullopt;
  }
  if (!reader.empty()) return std::nullopt;
  return credential;
}

void AppendU32(uint32_t value, std::string* plaintext) {
  plaintext->append(ByteWriter().U32Be(value).Take());
}

}  // namespace

bool IsOfTheSameSecret(const Credential& kept, const Credential& offered) {
  if (offered.nt_hash) {
    return kept.nt_hash && kept.nt_hash->EqualsInConstantTime(offered.nt_hash->view()) &&
           (kept.scram_sha_256 || !offered.scram_sha_256);
  }
  if (!offered.scram_sha_256 || !kept.scram_sha_256 || kept.nt_hash) return false;
  const scram::Keys& a = *kept.scram_sha_256;
  const scram::Keys& b = *offered.scram_sha_256;
  return a.salt == b.salt && a.iterations == b.iterations &&
         a.stored_key.EqualsInConstantTime(b.stored_key.view()) &&
         a.server_key.EqualsInConstantTime(b.server_key.view());
}

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

absl::StatusOr<Credential> CredentialOfScramKeys(const scram::Keys& keys) {
  if (keys.salt.empty() || keys.salt.size() > scram::kMaxSaltOctets) {
    return InvalidField("scram_sha_256.salt", "must be 1 to 64 octets");
  }
  if (keys.iterations < scram::kLeastIterations || keys.iterations > scram::kMostIterations) {
    return InvalidField("scram_sha_256.iterations", "must be 4096 to 200000");
  }
  if (keys.stored_key.size() != scram::kKeyOctets || keys.server_key.size() != scram::kKeyOctets) {
    return InvalidField("scram_sha_256.stored_key", "must be 32 octets, as server_key");
  }
  Credential credential;
  credential.scram_sha_256 = keys.Clone();
  return credential;
}

std::vector<std::string> KindsOf(const Credential& credential) {
  std::vector<std::string> kinds;
  if (credential.nt_hash) kinds.emplace_back("nt_hash");
  if (credential.widened_nt_hash) kinds.emplace_back("widened_nt_hash");
  if (credential.scram_sha_256) kinds.emplace_back("scram_sha_256");
  return kinds;
}

absl::StatusOr<Credential> CredentialVault::CredentialOf(const Secret& password) const {
  RESTANTE_ASSIGN_OR_RETURN(Credential credential, CredentialOfPassword(password));
  credential.scram_sha_256 =
      scram::DeriveKeys(password, random_.Bytes(scram::kSaltOctets), scram_iterations_);
  return credential;
}

Secret CredentialVault::DecoyKey() const {
  const Secret* key = keys_.Find(keys_.ids().front());
  return Secret(HmacSha256(key->view(), "restante decoy salts 1"));
}

SealedCredential CredentialVault::Seal(absl::string_view account_id,
                                       const Credential& credential) const {
  const auto& [nt_hash, widened_nt_hash, scram_sha_256] = credential;
  RESTANTE_CHECK(nt_hash || scram_sha_256);
  std::string plaintext;
  plaintext.reserve(kMaxPlaintextOctets);  // no copy is left behind by growing
  plaintext.push_back(kVersion);
  plaintext.push_back(static_cast<char>((nt_hash ? kHasNtHash : 0) |
                                        (widened_nt_hash ? kHasWidenedNtHash : 0) |
                                        (scram_sha_256 ? kHasScramSha256 : 0)));
  if (nt_hash) absl::StrAppend(&plaintext, nt_hash->view());
  if (widened_nt_hash) absl::StrAppend(&plaintext, widened_nt_hash->view());
  if (scram_sha_256) {
    AppendU32(static_cast<uint32_t>(scram_sha_256->salt.size()), &plaintext);
    absl::StrAppend(&plaintext, scram_sha_256->salt);
    AppendU32(scram_sha_256->iterations, &plaintext);
    absl::StrAppend(&plaintext, scram_sha_256->stored_key.view());
    absl::StrAppend(&plaintext, scram_sha_256->server_key.view());
  }
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

std::map<std::string, size_t> CountCredentialsByKey(const Directory& directory) {
  std::map<std::string, size_t> counts;
  std::string after;
  for (bool more = true; more;) {
    const AccountPage page = directory.List(kAccountsPerPage, after);
    for (const AccountPtr& account : page.accounts) {
      after = account->id;
      if (account->credential) ++counts[account->credential->key_id];
    }
    more = page.more;
  }
  return counts;
}

std::vector<MissingKey> FindMissingKeys(const Directory& directory, const CredentialVault& vault) {
  std::vector<MissingKey> keys;
  for (const auto& [key_id, accounts] : CountCredentialsByKey(directory)) {
    if (!vault.HasKey(key_id)) keys.push_back({key_id, accounts});
  }
  return keys;
}

}  // namespace restante::directory
