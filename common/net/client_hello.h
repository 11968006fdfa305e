#ifndef RESTANTE_COMMON_NET_CLIENT_HELLO_H_
#define RESTANTE_COMMON_NET_CLIENT_HELLO_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace restante::net {

// How TLS begins: the header of a record (RFC 8446 section 5.1) and of the handshake message in it
// (section 4).
inline constexpr size_t kClientHelloPrefixOctets = 9;
// Those of clients have a few hundred octets, with post-quantum keys less than 2 KiB. OpenSSL alone
// would make room for 128 KiB.
inline constexpr size_t kMaxClientHelloOctets = 16'384;

// How many octets a client has to send until its ClientHello can be whole, as far as `begin`, the
// first octets that came, says: kClientHelloPrefixOctets while they are fewer. What begins no
// ClientHello wants nothing more than is there: it is the handshake's to refuse. INVALID_ARGUMENT
// for a ClientHello of more than kMaxClientHelloOctets.
absl::StatusOr<size_t> ClientHelloOctets(absl::string_view begin);

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_CLIENT_HELLO_H_
