#ifndef RESTANTE_COMMON_NET_TLS_CONTEXT_H_
#define RESTANTE_COMMON_NET_TLS_CONTEXT_H_

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/crypto/key_ring.h"
#include "common/net/ticket_keys.h"

namespace restante::net {

// PEM files: a server's certificate followed by its intermediates, and the private key, which must
// be the certificate's and not readable by others (mode & 007).
struct CertificateFiles {
  std::string certificate;
  std::string private_key;
};

// What a server's TLS towards mail programs is made of.
struct TlsSettings {
  // At least one. A client that names a host (SNI, RFC 6066 section 3) is shown the first one whose
  // DNS names have it, in full or by a "*" for the first label; others are shown the first one.
  std::vector<CertificateFiles> certificates;
  // Reads the keys of session tickets. Null: random keys, so that a session is resumed by the
  // process that began it alone, and not after a reload.
  std::function<absl::StatusOr<KeyRing>()> load_ticket_keys;
  // A PEM file of authorities: clients are asked for a certificate from one of them. Empty: they
  // are not asked.
  std::string client_authorities = {};
};

// What a server shows and accepts in TLS towards mail programs: TLS 1.2 and 1.3, no renegotiation,
// no compression, one session ticket, which is good for the certificate that it was given with and
// the authorities that clients' certificates come from, and no others. Immutable and thread-safe;
// connections that began with it keep it alive. Nothing is remembered of the names that clients
// send.
class TlsContext {
 public:
  // INVALID_ARGUMENT or PERMISSION_DENIED that names the file and says what to do, or what
  // load_ticket_keys answered.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Load(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // When the first of the certificates expires.
  absl::Time expiry() const;

  // For this folder.
  SSL_CTX* get() const { return certificates_.front().context; }
  // The channel binding of RFC 5929 section 4.1 of the certificate that a connection was shown: its
  // hash, by its signature's hash function, SHA-256 in place of MD5 and SHA-1.
  const std::string& ServerEndPoint(const SSL* connection) const;

 private:
  struct Certificate {
    SSL_CTX* context = nullptr;
    std::vector<std::string> names;  // lower case
    std::string server_end_point;
    absl::Time expiry;
  };

  TlsContext() = default;
  absl::Status Add(const CertificateFiles& files, const std::string& client_authorities);
  const Certificate& ForName(absl::string_view host) const;
  static int OnClientHello(SSL* connection, int* alert, void* self);

  std::unique_ptr<const TicketKeys> ticket_keys_;
  std::vector<Certificate> certificates_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_TLS_CONTEXT_H_
