#ifndef RESTANTE_COMMON_CRYPTO_CIPHER_H_
#define RESTANTE_COMMON_CRYPTO_CIPHER_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/random.h"
#include "common/base/secret.h"

namespace restante {

// Encrypts under AES-256-GCM with a fresh nonce: 12 octets of nonce, the ciphertext, 16 octets of
// tag. `key` is 32 octets. `associated_data` is not in the result; OpenSealed must be given the
// same. Thread-safe.
std::string SealAes256Gcm(const Secret& key, absl::string_view plaintext,
                          absl::string_view associated_data, Random& random);

// What SealAes256Gcm sealed; nullopt when it is not, or the key or associated data are others.
std::optional<Secret> OpenAes256Gcm(const Secret& key, absl::string_view sealed,
                                    absl::string_view associated_data);

// RC4 of `bytes` under `key` (1 to 256 octets); the same call decrypts. For NTLM's key exchange
// alone ([MS-NLMP] 3.4.3); our own, for the reason given at Md4.
std::string Rc4(absl::string_view key, absl::string_view bytes);

// DESL of [MS-NLMP] 6: `key` of 16 octets, padded to 21, makes three DES keys, each of which
// encrypts `data` of 8 octets. 24 octets.
std::string Desl(absl::string_view key, absl::string_view data);

}  // namespace restante

#endif  // RESTANTE_COMMON_CRYPTO_CIPHER_H_
