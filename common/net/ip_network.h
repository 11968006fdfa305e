#ifndef RESTANTE_COMMON_NET_IP_NETWORK_H_
#define RESTANTE_COMMON_NET_IP_NETWORK_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace restante::net {

// A block of IPv4 or IPv6 addresses. A value.
class IpNetwork {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address. INVALID_ARGUMENT for anything else, also for
  // bits that are set behind the prefix: they would be a mistake.
  static absl::StatusOr<IpNetwork> Parse(const std::string& text);

  // `address` as Endpoint has it; false for what is no address.
  bool Contains(const std::string& address) const;

 private:
  using Octets = std::array<uint8_t, 16>;

  IpNetwork(const Octets& first, int prefix) : first_(first), prefix_(prefix) {}

  Octets first_;  // IPv4 as ::ffff:0:0/96
  int prefix_;
};

// What limits of one client count by: an IPv4 address, or the /64 of an IPv6 address, of which one
// host may use any.
std::string SourceNetwork(const std::string& address);

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_IP_NETWORK_H_
