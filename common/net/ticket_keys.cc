#include "common/net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <cstring>

#include "common/base/check.h"
#include "common/crypto/digest.h"

namespace restante::net {
namespace {

constexpr size_t kNameOctets = 16;

bool SetMacKey(EVP_MAC_CTX* mac, const Secret& key) {
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<char*>(key.view().data()),
                                        key.view().size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

const unsigned char* Octets(const Secret& key) {
  return reinterpret_cast<const unsigned char*>(key.view().data());
}

}  // namespace

TicketKeys::TicketKeys(const KeyRing& ring) {
  auto derive = [](const Secret& key) {
    // One key of the ring serves three purposes, so each is derived from it.
    return Key{HmacSha256(key.view(), "restante ticket name").substr(0, kNameOctets),
               Secret(HmacSha256(key.view(), "restante ticket cipher")),
               Secret(HmacSha256(key.view(), "restante ticket mac"))};
  };
  keys_.push_back(derive(ring.active_key()));
  for (const std::string& id : ring.ids()) {
    if (id != ring.active_id()) keys_.push_back(derive(*ring.Find(id)));
  }
}

void TicketKeys::ApplyTo(SSL_CTX* context) const {
  RESTANTE_CHECK(SSL_CTX_set_app_data(context, const_cast<TicketKeys*>(this)) == 1);
  RESTANTE_CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketKeys::OnTicket) == 1);
}

const TicketKeys::Key* TicketKeys::Find(const unsigned char* name) const {
  for (const Key& key : keys_) {
    if (memcmp(key.name.data(), name, kNameOctets) == 0) return &key;
  }
  return nullptr;
}

// The contract of SSL_CTX_set_tlsext_ticket_key_evp_cb: -1 for a fault, 0 for no such key, 1 for
// done, 2 for done and the ticket is to be replaced.
int TicketKeys::OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                         EVP_MAC_CTX* mac, int encrypt) {
  const auto* self = static_cast<const TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (encrypt != 0) {
    const Key& key = self->keys_.front();
    memcpy(name, key.name.data(), kNameOctets);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    bool done =
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, Octets(key.cipher_key), iv) == 1;
    return done && SetMacKey(mac, key.mac_key) ? 1 : -1;
  }
  const Key* key = self->Find(name);
  if (key == nullptr) return 0;
  bool done =
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, Octets(key->cipher_key), iv) == 1;
  if (!done || !SetMacKey(mac, key->mac_key)) return -1;
  return key == &self->keys_.front() ? 1 : 2;
}

}  // namespace restante::net
