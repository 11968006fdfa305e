#ifndef RESTANTE_COMMON_NET_TLS_CONTEXT_H_
#define RESTANTE_COMMON_NET_TLS_CONTEXT_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace restante::net {

// What a server shows and accepts in TLS towards mail programs: TLS 1.2 and 1.3, no renegotiation,
// no compression, no client certificate, one session ticket. Immutable and thread-safe; connections
// that began with it keep it alive.
class TlsContext {
 public:
  // PEM files: the server's certificate followed by its intermediates, and the private key, which
  // must be the certificate's and not readable by others (mode & 007). INVALID_ARGUMENT or
  // PERMISSION_DENIED that names the file and says what to do.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Load(const std::string& certificate,
                                                                const std::string& private_key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The channel binding of RFC 5929 section 4.1: the certificate's hash, by its signature's hash
  // function, SHA-256 in place of MD5 and SHA-1.
  const std::string& server_end_point() const { return server_end_point_; }

  // For this folder.
  SSL_CTX* get() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  SSL_CTX* const context_;
  std::string server_end_point_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_TLS_CONTEXT_H_
