#ifndef RESTANTE_COMMON_NET_CLIENT_CERTIFICATE_H_
#define RESTANTE_COMMON_NET_CLIENT_CERTIFICATE_H_

#include <openssl/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"

// Certificates by which mail programs' users prove themselves.
namespace restante::net {

inline constexpr size_t kMaxCertificateNames = 16;
inline constexpr size_t kMaxCertificateNameOctets = 512;

// Asks each client for a certificate from one of the authorities in the PEM file `authorities`. A
// client that has none, or another one, is served all the same. INVALID_ARGUMENT when the file
// cannot be used.
absl::Status AskForCertificates(SSL_CTX* context, const std::string& authorities);

// What the peer's certificate calls its holder, when one of the authorities vouches for it as a
// client's and it has not expired; else nothing:
//
//   sha256:HEX      the certificate's fingerprint, 64 lower-case digits; always, and first
//   subject:DN      the distinguished name by RFC 2253, in UTF-8
//   email:ADDRESS   each rfc822Name
//   upn:NAME        each user principal name (otherName 1.3.6.1.4.1.311.20.2.3)
//   uri:URI         each URI
//
// Names that are longer than 512 octets or hold control characters are left out, as is what is over
// 16. Nobody is asked whether the certificate was revoked.
std::vector<std::string> CertificateNames(const SSL* connection);

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_CLIENT_CERTIFICATE_H_
