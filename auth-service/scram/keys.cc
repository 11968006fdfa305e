#include "auth-service/scram/keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "auth-service/scram/saslprep.h"
#include "common/base/check.h"
#include "common/crypto/digest.h"

namespace restante::scram {
namespace {

// Hi() of RFC 5802 section 2.2, which is PBKDF2 with HMAC.
Secret SaltedPassword(const Secret& prepared, absl::string_view salt, uint32_t iterations) {
  unsigned char key[kKeyOctets];
  const absl::string_view password = prepared.view();
  RESTANTE_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                   reinterpret_cast<const unsigned char*>(salt.data()),
                                   static_cast<int>(salt.size()), static_cast<int>(iterations),
                                   EVP_sha256(), sizeof(key), key) == 1);
  Secret salted(std::string(reinterpret_cast<char*>(key), sizeof(key)));
  OPENSSL_cleanse(key, sizeof(key));
  return salted;
}

}  // namespace

std::optional<Keys> DeriveKeys(const Secret& password, absl::string_view salt,
                               uint32_t iterations) {
  RESTANTE_CHECK(iterations > 0 && iterations <= kMostIterations);
  const std::optional<Secret> prepared = SaslPrep(password.view());
  if (!prepared) return std::nullopt;
  const Secret salted = SaltedPassword(*prepared, salt, iterations);
  const Secret client_key(HmacSha256(salted.view(), "Client Key"));
  return Keys{std::string(salt), iterations, Secret(Sha256(client_key.view())),
              Secret(HmacSha256(salted.view(), "Server Key"))};
}

bool ProofIsRight(const Keys& keys, absl::string_view auth_message, absl::string_view proof) {
  if (proof.size() != kKeyOctets) return false;
  std::string client_key = HmacSha256(keys.stored_key.view(), auth_message);
  for (size_t i = 0; i < kKeyOctets; ++i) {
    client_key[i] = static_cast<char>(client_key[i] ^ proof[i]);
  }
  const Secret shown(std::move(client_key));
  return keys.stored_key.EqualsInConstantTime(Sha256(shown.view()));
}

std::string ServerSignature(const Keys& keys, absl::string_view auth_message) {
  return HmacSha256(keys.server_key.view(), auth_message);
}

}  // namespace restante::scram
