#include "common/base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace restante {

void Wipe(std::string* bytes) {
  // Growing to the capacity first puts the tail that an earlier, longer value used under the wipe.
  bytes->resize(bytes->capacity());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  bytes->clear();
}

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Not a move of the string: a short one would leave its bytes behind in the source.
Secret::Secret(std::string&& bytes) : bytes_(bytes) { Wipe(&bytes); }

Secret Secret::CopyOf(absl::string_view bytes) { return Secret(std::string(bytes)); }

Secret::Secret(Secret&& other) noexcept { *this = std::move(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe(&bytes_);
  bytes_ = other.bytes_;
  Wipe(&other.bytes_);
  return *this;
}

Secret::~Secret() { Wipe(&bytes_); }

bool Secret::EqualsInConstantTime(absl::string_view other) const {
  return EqualInConstantTime(bytes_, other);
}

}  // namespace restante
