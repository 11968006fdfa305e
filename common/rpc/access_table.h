#ifndef RESTANTE_COMMON_RPC_ACCESS_TABLE_H_
#define RESTANTE_COMMON_RPC_ACCESS_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/peer_identity.h"

namespace restante::rpc {

// Which roles may call which method; what is not in it is denied. One table a listener, written out
// in the service's rpc folder. Immutable.
class AccessTable {
 public:
  // Full method name, "/restante.auth.v1.LogonService/BeginLogon", to the roles of which one is
  // enough.
  using Rules = std::map<std::string, std::vector<std::string>, std::less<>>;

  explicit AccessTable(Rules rules) : rules_(std::move(rules)) {}

  // OK, or PERMISSION_DENIED/ROLE_MISSING that says what the method needs and what the caller has.
  absl::Status Check(absl::string_view method, const PeerIdentity& caller) const;

  // The methods that the caller may call, in ascending order.
  std::vector<std::string> MethodsFor(const PeerIdentity& caller) const;

  // The methods of a service ("restante.auth.v1.LogonService", linked into this program) that the
  // table says nothing about. A test of each service expects none.
  std::vector<std::string> MethodsLeftOut(const std::string& service) const;

 private:
  Rules rules_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_ACCESS_TABLE_H_
