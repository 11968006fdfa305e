#include "common/rpc/peer_identity.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxPartOctets = 63;

bool IsPart(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxPartOctets &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' || c == '-';
         });
}

// "frontend" of "spiffe://restante/frontend/pop3-0".
std::optional<absl::string_view> RoleOf(absl::string_view uri) {
  if (!absl::ConsumePrefix(&uri, "spiffe://restante/")) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(uri, absl::MaxSplits('/', 2));
  if (parts.size() != 2 || !IsPart(parts[0]) || !IsPart(parts[1])) return std::nullopt;
  return parts[0];
}

}  // namespace

bool PeerIdentity::HasRole(absl::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

PeerIdentity PeerIdentityFromUris(const std::vector<std::string>& uris) {
  PeerIdentity identity;
  for (const std::string& uri : uris) {
    const std::optional<absl::string_view> role = RoleOf(uri);
    if (!role) continue;
    if (identity.uri.empty()) identity.uri = uri;
    identity.roles.emplace_back(*role);
  }
  return identity;
}

PeerIdentity GetPeerIdentity(const grpc::AuthContext& context) {
  // Set by gRPC from the certificate that the handshake verified; other kinds of names have
  // properties of their own.
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  return PeerIdentityFromUris(uris);
}

PeerIdentity GetPeerIdentity(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  return auth == nullptr ? PeerIdentity() : GetPeerIdentity(*auth);
}

}  // namespace restante::rpc
