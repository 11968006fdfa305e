#ifndef RESTANTE_COMMON_NET_PROXY_HEADER_H_
#define RESTANTE_COMMON_NET_PROXY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace restante::net {

// Reads the header by which a load balancer says who the client is: the PROXY protocol, version 1
// (a line of text) and 2 (binary), as HAProxy's document proxy-protocol.txt has it. Pure; whether
// the peer may be believed is the caller's to know.
class ProxyHeaderReader {
 public:
  // A version 2 header with its additions may be longer in principle; none is in practice.
  static constexpr size_t kMaxOctets = 4096;

  struct Client {
    std::string address;  // IP address in text form
    uint16_t port = 0;
  };

  // How many octets from the front of `octets` belong to the header; the caller consumes these and
  // no others. At least one when `octets` is not empty. INVALID_ARGUMENT, with what is wrong, for
  // what is no header; nothing may be asked afterwards. Not to be called when done().
  absl::StatusOr<size_t> Take(absl::string_view octets);

  bool done() const { return done_; }

  // Once done: who the client is. nullopt when the balancer speaks for itself (its health checks,
  // LOCAL) or does not know (UNKNOWN, UNSPEC).
  const std::optional<Client>& client() const { return client_; }

 private:
  absl::StatusOr<size_t> TakeText(absl::string_view octets);
  absl::StatusOr<size_t> TakeBinary(absl::string_view octets);
  absl::Status ParseText();
  absl::Status ParseBinary();

  std::string header_;
  bool done_ = false;
  std::optional<Client> client_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_PROXY_HEADER_H_
