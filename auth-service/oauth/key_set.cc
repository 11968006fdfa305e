#include "auth-service/oauth/key_set.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/oauth/base64url.h"
#include "auth-service/oauth/bounded_json.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace restante::oauth {
namespace {

using nlohmann::json;

constexpr size_t kCoordinateOctets = 32;
constexpr size_t kMaxExponentOctets = 8;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* Unsigned(absl::string_view octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

Owned<BIGNUM> ToNumber(absl::string_view octets) {
  return Owned<BIGNUM>(BN_bin2bn(Unsigned(octets), static_cast<int>(octets.size()), nullptr));
}

absl::Status BrokenKey(absl::string_view why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat("a key ", why));
}

absl::StatusOr<std::string> Octets(const json& jwk, const char* member) {
  const std::string* text = FindText(jwk, member);
  std::optional<std::string> octets;
  if (text != nullptr) octets = DecodeBase64Url(*text);
  if (octets && !octets->empty()) return *std::move(octets);
  return BrokenKey(absl::StrCat("without \"", member, "\" in base64url"));
}

// What `builder` describes; nullptr when that is no key.
EVP_PKEY* Build(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return key;
}

absl::StatusOr<EVP_PKEY*> RsaKey(const json& jwk) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string modulus, Octets(jwk, "n"));
  RESTANTE_ASSIGN_OR_RETURN(const std::string exponent, Octets(jwk, "e"));
  const Owned<BIGNUM> n = ToNumber(modulus);
  const Owned<BIGNUM> e = ToNumber(exponent);
  if (exponent.size() > kMaxExponentOctets || BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) != 0) {
    return BrokenKey("with an exponent that is none");
  }
  if (modulus.size() > kMostRsaBits / 8 + 1 || BN_num_bits(n.get()) < kLeastRsaBits ||
      BN_num_bits(n.get()) > kMostRsaBits) {
    return BrokenKey("of RSA that is shorter than 2048 or longer than 8192 bits");
  }
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  RESTANTE_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                 OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  EVP_PKEY* key = Build("RSA", builder.get());
  if (key == nullptr) return BrokenKey("of RSA that is none");
  return key;
}

absl::StatusOr<EVP_PKEY*> EcKey(const json& jwk) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string x, Octets(jwk, "x"));
  RESTANTE_ASSIGN_OR_RETURN(const std::string y, Octets(jwk, "y"));
  if (x.size() != kCoordinateOctets || y.size() != kCoordinateOctets) {
    return BrokenKey("on P-256 whose coordinates are not 32 octets");
  }
  const std::string point = absl::StrCat("\x04", x, y);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  RESTANTE_CHECK(
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) == 1);
  EVP_PKEY* key = Build("EC", builder.get());
  if (key == nullptr) return BrokenKey("on P-256 that is no point of it");
  return key;
}

// What a key of this set signs with; nullopt for one that signs nothing that is taken here.
std::optional<SignatureAlgorithm> AlgorithmOf(const json& jwk) {
  const std::string* use = FindText(jwk, "use");
  if (use != nullptr && *use != "sig") return std::nullopt;
  const std::string* type = FindText(jwk, "kty");
  const std::string* algorithm = FindText(jwk, "alg");
  const std::string* curve = FindText(jwk, "crv");
  if (type == nullptr) return std::nullopt;
  if (*type == "RSA" && (algorithm == nullptr || *algorithm == "RS256")) {
    return SignatureAlgorithm::kRs256;
  }
  if (*type == "EC" && curve != nullptr && *curve == "P-256" &&
      (algorithm == nullptr || *algorithm == "ES256")) {
    return SignatureAlgorithm::kEs256;
  }
  return std::nullopt;
}

// The two numbers of JWS (RFC 7518 section 3.4) as libcrypto reads a signature; empty when they
// are none.
std::string ToDer(absl::string_view signature) {
  if (signature.size() != 2 * kCoordinateOctets) return "";
  const Owned<ECDSA_SIG> numbers(ECDSA_SIG_new());
  BIGNUM* r = ToNumber(signature.substr(0, kCoordinateOctets)).release();
  BIGNUM* s = ToNumber(signature.substr(kCoordinateOctets)).release();
  RESTANTE_CHECK(ECDSA_SIG_set0(numbers.get(), r, s) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  RESTANTE_CHECK(size > 0);
  std::string octets(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return octets;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(absl::string_view jwks) {
  const std::optional<json> set = ParseJsonObject(jwks, kMaxKeySetOctets);
  if (!set) return absl::InvalidArgumentError("no JSON object of at most 262,144 octets");
  const auto keys = set->find("keys");
  if (keys == set->end() || !keys->is_array() || keys->size() > kMaxKeys) {
    return absl::InvalidArgumentError("no list \"keys\" of at most 64 keys");
  }
  std::shared_ptr<KeySet> parsed(new KeySet());
  for (const json& jwk : *keys) {
    if (!jwk.is_object()) return BrokenKey("that is no object");
    const std::optional<SignatureAlgorithm> algorithm = AlgorithmOf(jwk);
    if (!algorithm) continue;
    const std::string* id = FindText(jwk, "kid");
    RESTANTE_ASSIGN_OR_RETURN(EVP_PKEY * key,
                              *algorithm == SignatureAlgorithm::kRs256 ? RsaKey(jwk) : EcKey(jwk));
    parsed->keys_.push_back({id == nullptr ? "" : *id, *algorithm, key});
  }
  if (parsed->keys_.empty()) {
    return absl::InvalidArgumentError("no key for RS256 or ES256 in \"keys\"");
  }
  return parsed;
}

KeySet::~KeySet() {
  for (const Key& key : keys_) EVP_PKEY_free(key.key);
}

const KeySet::Key* KeySet::Find(SignatureAlgorithm algorithm, const std::string* key_id) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm || (key_id != nullptr && key.id != *key_id)) continue;
    if (found != nullptr) return nullptr;  // never guessed
    found = &key;
  }
  return found;
}

bool KeySet::Verifies(SignatureAlgorithm algorithm, const std::string* key_id,
                      absl::string_view text, absl::string_view signature) const {
  const Key* key = Find(algorithm, key_id);
  if (key == nullptr) return false;
  std::string der;
  if (algorithm == SignatureAlgorithm::kEs256) {
    der = ToDer(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool right =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->key) == 1 &&
      EVP_DigestVerify(context.get(), Unsigned(signature), signature.size(), Unsigned(text),
                       text.size()) == 1;
  ERR_clear_error();
  return right;
}

}  // namespace restante::oauth
