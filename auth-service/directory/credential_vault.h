#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_CREDENTIAL_VAULT_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_CREDENTIAL_VAULT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/directory.h"
#include "auth-service/scram/keys.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/crypto/key_ring.h"

namespace restante::directory {

inline constexpr size_t kNtHashOctets = 16;
inline constexpr size_t kMaxPasswordOctets = 256;

// What the mechanisms need of a password; at least one of the first and the last is there. The NT
// hash also verifies PLAIN and LOGIN: a slower hash beside it would protect nothing, since whoever
// opens the one has the other. What protects both is the key-encryption key.
struct Credential {
  std::optional<Secret> nt_hash;  // kNtHashOctets
  // For a password with non-ASCII characters: the hash that clients without a charset make, which
  // widen each octet of its UTF-8 to 16 bits. It can only be made while the password is at hand.
  std::optional<Secret> widened_nt_hash;
  std::optional<scram::Keys> scram_sha_256;
};

// Whether `kept` is what `offered` would be made into, so that storing it anew would change
// nothing: keys of SCRAM are salted, so two of one password differ. In time that tells nothing of
// either.
[[nodiscard]] bool IsOfTheSameSecret(const Credential& kept, const Credential& offered);

// INVALID_ARGUMENT/FIELD_INVALID unless `password` is 1 to 256 octets of UTF-8. Without SCRAM keys:
// CredentialVault::CredentialOf makes those too.
absl::StatusOr<Credential> CredentialOfPassword(const Secret& password);
// INVALID_ARGUMENT/FIELD_INVALID unless `nt_hash` is 16 octets.
absl::StatusOr<Credential> CredentialOfNtHash(const Secret& nt_hash);
// INVALID_ARGUMENT/FIELD_INVALID unless salt, iterations and keys are within the limits of
// scram::Keys.
absl::StatusOr<Credential> CredentialOfScramKeys(const scram::Keys& keys);

// The kinds in it, as SetCredentialResponse names them.
std::vector<std::string> KindsOf(const Credential& credential);

// Seals credentials for the directory: AES-256-GCM under a named key-encryption key, with the
// account's id as associated data, so that one account's credential is no use in another's place.
//
// Sealed octets: version (2), kinds (bit 0 NT hash, bit 1 widened NT hash, bit 2 SCRAM-SHA-256),
// then 16 octets for each hash, then for SCRAM the salt with its length (u32) before it, the
// iterations (u32) and twice 32 octets of keys. Version 1 has no bit 2. Thread-safe.
class CredentialVault {
 public:
  // `random` outlives this. `scram_iterations`: of keys that are made of passwords from now on.
  CredentialVault(KeyRing keys, Random& random, uint32_t scram_iterations = scram::kLeastIterations)
      : keys_(std::move(keys)), random_(random), scram_iterations_(scram_iterations) {}

  // As CredentialOfPassword, with SCRAM keys under a new salt; without them for a password that
  // SASLprep (RFC 4013) prohibits.
  absl::StatusOr<Credential> CredentialOf(const Secret& password) const;

  // Under the active key.
  SealedCredential Seal(absl::string_view account_id, const Credential& credential) const;

  // FAILED_PRECONDITION/CREDENTIAL_KEY_MISSING, with metadata "key_id", when the key was not
  // loaded; DATA_LOSS when the octets are not what was sealed for this account.
  absl::StatusOr<Credential> Open(absl::string_view account_id,
                                  const SealedCredential& sealed) const;

  bool HasKey(absl::string_view key_id) const { return keys_.Find(key_id) != nullptr; }
  const std::string& active_key_id() const { return keys_.active_id(); }

  // What salts of nobody's SCRAM keys are made with; the same for all that have the same first key.
  Secret DecoyKey() const;
  uint32_t scram_iterations() const { return scram_iterations_; }

 private:
  const KeyRing keys_;
  Random& random_;
  const uint32_t scram_iterations_;
};

// How many credentials in `directory` are sealed under each key. Looks at every account.
std::map<std::string, size_t> CountCredentialsByKey(const Directory& directory);

// Key ids that credentials in `directory` are sealed under and `vault` does not have, each with the
// number of accounts that cannot log on for it. For a program's start.
struct MissingKey {
  std::string key_id;
  size_t accounts = 0;
};
std::vector<MissingKey> FindMissingKeys(const Directory& directory, const CredentialVault& vault);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_CREDENTIAL_VAULT_H_
