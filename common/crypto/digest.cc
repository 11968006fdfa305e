#include "common/crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base/check.h"

namespace restante {
namespace {

const unsigned char* Unsigned(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string Digest(const EVP_MD* algorithm, absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RESTANTE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, algorithm, nullptr) == 1);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string Hmac(const EVP_MD* algorithm, absl::string_view key, absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const unsigned char* done = HMAC(algorithm, key.data(), static_cast<int>(key.size()),
                                   Unsigned(bytes), bytes.size(), digest, &size);
  RESTANTE_CHECK(done != nullptr);
  return std::string(reinterpret_cast<char*>(digest), size);
}

}  // namespace

std::string Md5(absl::string_view bytes) { return Digest(EVP_md5(), bytes); }

std::string HmacMd5(absl::string_view key, absl::string_view bytes) {
  return Hmac(EVP_md5(), key, bytes);
}

std::string Sha256(absl::string_view bytes) { return Digest(EVP_sha256(), bytes); }

Sha256Sum::Sha256Sum() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  RESTANTE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Sum::Add(absl::string_view bytes) {
  RESTANTE_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256Sum::Finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RESTANTE_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  return Hmac(EVP_sha256(), key, bytes);
}

}  // namespace restante
