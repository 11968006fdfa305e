#ifndef RESTANTE_COMMON_RPC_PEER_IDENTITY_H_
#define RESTANTE_COMMON_RPC_PEER_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace grpc {
class AuthContext;
class ServerContextBase;
}  // namespace grpc

namespace restante::rpc {

// Who is calling, by the client certificate of the connection: one URI name
// spiffe://restante/ROLE/INSTANCE for each role. ROLE and INSTANCE are 1 to 63 of [a-z0-9.-].
struct PeerIdentity {
  // The first such URI; empty when there is none. What a maildrop grant is bound to.
  std::string uri;
  // frontend, ingress, mover, reader, account-admin, mail-admin, key-admin, service.
  std::vector<std::string> roles;

  bool HasRole(absl::string_view role) const;
};

// Of the caller of a unary or streaming method, sync or callback.
PeerIdentity GetPeerIdentity(const grpc::ServerContextBase& context);
PeerIdentity GetPeerIdentity(const grpc::AuthContext& context);

// From the URI names of a certificate. Others than ours are passed over.
PeerIdentity PeerIdentityFromUris(const std::vector<std::string>& uris);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_PEER_IDENTITY_H_
