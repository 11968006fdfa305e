#ifndef RESTANTE_TESTS_SUPPORT_TOKEN_ISSUER_H_
#define RESTANTE_TESTS_SUPPORT_TOKEN_ISSUER_H_

#include <openssl/types.h>

#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// Signs JSON Web Tokens as an OAuth issuer does, with a key made for it. Any failure aborts the
// test program. Thread-compatible.
class TokenIssuer {
 public:
  enum class Kind { kRsa, kEc };

  // RSA keys have `rsa_bits`.
  explicit TokenIssuer(Kind kind, std::string key_id = "k1", unsigned rsa_bits = 2048);
  ~TokenIssuer();
  TokenIssuer(const TokenIssuer&) = delete;
  TokenIssuer& operator=(const TokenIssuer&) = delete;

  // The public key as a member of a JWK Set.
  std::string Jwk() const;
  // A set with this key alone.
  std::string KeySet() const;

  // A token with these claims, and the header that belongs to the key.
  std::string Token(absl::string_view claims) const;
  // A token whose parts are these texts, signed by the key, whatever the header says.
  std::string Token(absl::string_view header, absl::string_view claims) const;
  // Over any text: 64 octets of two numbers for EC.
  std::string Signature(absl::string_view text) const;

 private:
  const Kind kind_;
  const std::string key_id_;
  EVP_PKEY* const key_;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_TOKEN_ISSUER_H_
