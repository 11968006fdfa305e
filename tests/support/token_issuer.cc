#include "tests/support/token_issuer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace restante {
namespace {

constexpr int kCoordinateOctets = 32;

std::string Octets(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  RESTANTE_CHECK(EVP_PKEY_get_bn_param(key, parameter, &number) == 1);
  std::string octets(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
  BN_free(number);
  return octets;
}

std::string Padded(std::string octets) {
  return std::string(kCoordinateOctets - octets.size(), '\0') + octets;
}

// Two numbers of 32 octets, out of a signature in DER.
std::string ToNumbers(absl::string_view der) {
  const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &octets, static_cast<long>(der.size()));
  RESTANTE_CHECK(signature != nullptr);
  unsigned char numbers[2 * kCoordinateOctets];
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), numbers, kCoordinateOctets);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), numbers + kCoordinateOctets, kCoordinateOctets);
  ECDSA_SIG_free(signature);
  return std::string(reinterpret_cast<char*>(numbers), sizeof(numbers));
}

}  // namespace

TokenIssuer::TokenIssuer(Kind kind, std::string key_id, unsigned rsa_bits)
    : kind_(kind),
      key_id_(std::move(key_id)),
      key_(kind == Kind::kRsa ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256")) {
  RESTANTE_CHECK(key_ != nullptr);
}

TokenIssuer::~TokenIssuer() { EVP_PKEY_free(key_); }

std::string TokenIssuer::Jwk() const {
  const auto encode = [](const std::string& octets) { return absl::WebSafeBase64Escape(octets); };
  if (kind_ == Kind::kRsa) {
    return absl::StrCat(R"({"kty":"RSA","use":"sig","alg":"RS256","kid":")", key_id_, R"(","n":")",
                        encode(Octets(key_, OSSL_PKEY_PARAM_RSA_N)), R"(","e":")",
                        encode(Octets(key_, OSSL_PKEY_PARAM_RSA_E)), R"("})");
  }
  return absl::StrCat(R"({"kty":"EC","crv":"P-256","kid":")", key_id_, R"(","x":")",
                      encode(Padded(Octets(key_, OSSL_PKEY_PARAM_EC_PUB_X))), R"(","y":")",
                      encode(Padded(Octets(key_, OSSL_PKEY_PARAM_EC_PUB_Y))), R"("})");
}

std::string TokenIssuer::KeySet() const { return absl::StrCat(R"({"keys":[)", Jwk(), "]}"); }

std::string TokenIssuer::Token(absl::string_view claims) const {
  return Token(absl::StrCat(R"({"typ":"JWT","alg":")", kind_ == Kind::kRsa ? "RS256" : "ES256",
                            R"(","kid":")", key_id_, R"("})"),
               claims);
}

std::string TokenIssuer::Token(absl::string_view header, absl::string_view claims) const {
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(claims));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(Signature(text)));
}

std::string TokenIssuer::Signature(absl::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  RESTANTE_CHECK(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1);
  unsigned char octets[1024];
  size_t size = sizeof(octets);
  RESTANTE_CHECK(EVP_DigestSign(context, octets, &size,
                                reinterpret_cast<const unsigned char*>(text.data()),
                                text.size()) == 1);
  EVP_MD_CTX_free(context);
  const std::string signature(reinterpret_cast<char*>(octets), size);
  return kind_ == Kind::kRsa ? signature : ToNumbers(signature);
}

}  // namespace restante
