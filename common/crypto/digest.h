#ifndef RESTANTE_COMMON_CRYPTO_DIGEST_H_
#define RESTANTE_COMMON_CRYPTO_DIGEST_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// Digests and keyed digests, each answered as raw octets. Pure functions, thread-safe; a libcrypto
// that cannot compute one is a broken invariant.

std::string Md5(absl::string_view bytes);                                // 16 octets
std::string HmacMd5(absl::string_view key, absl::string_view bytes);     // 16 octets
std::string Sha256(absl::string_view bytes);                             // 32 octets
std::string HmacSha256(absl::string_view key, absl::string_view bytes);  // 32 octets

// Sha256 of what comes piece by piece. One thread at a time.
class Sha256Sum {
 public:
  Sha256Sum();
  void Add(absl::string_view bytes);
  // 32 octets; nothing may be added afterwards.
  std::string Finish();

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

// RFC 1320, for NT hashes. Our own: libcrypto keeps it in a provider that small containers lack.
std::string Md4(absl::string_view bytes);  // 16 octets

}  // namespace restante

#endif  // RESTANTE_COMMON_CRYPTO_DIGEST_H_
