#ifndef RESTANTE_AUTH_SERVICE_OAUTH_KEY_SET_H_
#define RESTANTE_AUTH_SERVICE_OAUTH_KEY_SET_H_

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace restante::oauth {

inline constexpr size_t kMaxKeySetOctets = 262'144;
inline constexpr size_t kMaxKeys = 64;

// The signatures of RFC 7518 section 3.1 that are taken. A key has one of them, by its own type:
// what a token's header says is held against that and chooses nothing.
enum class SignatureAlgorithm { kRs256, kEs256 };

// The public keys of a token issuer, from a JWK Set (RFC 7517). Immutable, thread-safe.
class KeySet {
 public:
  // RSA keys of 2048 to 8192 bits, and keys on the curve P-256. Keys of other types, for
  // encryption, or for another algorithm are left out. INVALID_ARGUMENT when the text is no key
  // set, is over a limit, holds a broken key, or leaves none.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(absl::string_view jwks);
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  size_t size() const { return keys_.size(); }

  // Whether `signature` is over `text` by the key called `key_id`; where the token names none, by
  // the only key of that algorithm.
  bool Verifies(SignatureAlgorithm algorithm, const std::string* key_id, absl::string_view text,
                absl::string_view signature) const;

 private:
  struct Key {
    std::string id;  // may be empty
    SignatureAlgorithm algorithm = SignatureAlgorithm::kRs256;
    EVP_PKEY* key = nullptr;
  };

  KeySet() = default;
  const Key* Find(SignatureAlgorithm algorithm, const std::string* key_id) const;

  std::vector<Key> keys_;
};

// Where the keys of now are. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  virtual std::shared_ptr<const KeySet> Current() = 0;
};

}  // namespace restante::oauth

#endif  // RESTANTE_AUTH_SERVICE_OAUTH_KEY_SET_H_
