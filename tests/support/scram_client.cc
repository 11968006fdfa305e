#include "tests/support/scram_client.h"

#include <openssl/evp.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/crypto/digest.h"

namespace restante {

std::string ScramClient::FirstBare() const { return absl::StrCat("n=", user, ",r=", nonce); }

std::string ScramClient::Final(absl::string_view server_first) {
  const std::vector<absl::string_view> fields = absl::StrSplit(server_first, ',');
  RESTANTE_CHECK(fields.size() == 3);
  std::string salt;
  int iterations = 0;
  RESTANTE_CHECK(absl::Base64Unescape(fields[1].substr(2), &salt) &&
                 absl::SimpleAtoi(fields[2].substr(2), &iterations));
  unsigned char salted[32];
  RESTANTE_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                   reinterpret_cast<const unsigned char*>(salt.data()),
                                   static_cast<int>(salt.size()), iterations, EVP_sha256(),
                                   sizeof(salted), salted) == 1);
  salted_password_.assign(reinterpret_cast<char*>(salted), sizeof(salted));
  const std::string without_proof =
      absl::StrCat("c=", absl::Base64Escape(gs2_header + binding_data), ",", fields[0]);
  auth_message_ = absl::StrCat(FirstBare(), ",", server_first, ",", without_proof);
  std::string proof = HmacSha256(salted_password_, "Client Key");
  const std::string signature = HmacSha256(Sha256(proof), auth_message_);
  for (size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  return absl::StrCat(without_proof, ",p=", absl::Base64Escape(proof));
}

bool ScramClient::ServerIsRight(absl::string_view server_final) const {
  const std::string signature =
      HmacSha256(HmacSha256(salted_password_, "Server Key"), auth_message_);
  return server_final == absl::StrCat("v=", absl::Base64Escape(signature));
}

}  // namespace restante
