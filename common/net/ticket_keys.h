#ifndef RESTANTE_COMMON_NET_TICKET_KEYS_H_
#define RESTANTE_COMMON_NET_TICKET_KEYS_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/secret.h"
#include "common/crypto/key_ring.h"

namespace restante::net {

// Keys for TLS session tickets that several replicas share (RFC 5077 section 4): a ticket that one
// made is taken by all. The ring's active key makes tickets; one made with another key of the ring
// is taken and replaced. Immutable and thread-safe.
class TicketKeys {
 public:
  explicit TicketKeys(const KeyRing& ring);

  // Makes `context` use them. They outlive it, and every connection of it.
  void ApplyTo(SSL_CTX* context) const;

 private:
  struct Key {
    std::string name;  // 16 octets, public
    Secret cipher_key;
    Secret mac_key;
  };

  static int OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int encrypt);
  const Key* Find(const unsigned char* name) const;

  std::vector<Key> keys_;  // the active one first
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_TICKET_KEYS_H_
