#ifndef RESTANTE_AUTH_SERVICE_LOGON_IP_ADDRESS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_IP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::logon {

// A client's IP address. A value.
class IpAddress {
 public:
  // Dotted quad or RFC 4291 section 2.2, without zone; an IPv4-mapped address is IPv4. nullopt
  // otherwise.
  static std::optional<IpAddress> Parse(absl::string_view text);

  bool IsLoopback() const;

  // The 16 octets, IPv4 mapped, of the address and of the network it counts as: /24 for IPv4, /64
  // for IPv6.
  std::string Octets() const { return std::string(octets_.begin(), octets_.end()); }
  std::string NetworkOctets() const;

 private:
  bool IsV4() const;

  std::array<char, 16> octets_{};
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_IP_ADDRESS_H_
