#ifndef RESTANTE_COMMON_NET_TRANSPORT_H_
#define RESTANTE_COMMON_NET_TRANSPORT_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/net/connection.h"
#include "common/net/tls_context.h"

namespace restante::net {

enum class IoState {
  kDone,
  kWantRead,   // try again when the socket can be read
  kWantWrite,  // try again when the socket can be written
  kEnd,        // the peer sends no more
  kBroken,     // error() says why
};

struct IoResult {
  IoState state = IoState::kDone;
  size_t octets = 0;  // with kDone
  // Of a read: no more was there. Waiting for the socket misses nothing.
  bool drained = false;
};

// How octets travel over a non-blocking socket. Nothing blocks. One thread.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual IoState Handshake() = 0;
  // `size` is positive.
  virtual IoResult Read(char* into, size_t size) = 0;
  // `octets` is not empty. After kWantRead or kWantWrite the next call begins with the same octets.
  virtual IoResult Write(absl::string_view octets) = 0;
  // Tells the peer that nothing more comes, as far as the layer has a word for it; best effort.
  virtual void SayGoodbye() = 0;
  virtual const absl::Status& error() const = 0;
  // After a handshake; nullopt for a connection in the clear.
  virtual std::optional<TlsInfo> Describe() const = 0;
};

// The descriptor is the caller's and outlives the transport.
std::unique_ptr<Transport> MakePlainTransport(int fd);
std::unique_ptr<Transport> MakeTlsTransport(int fd, std::shared_ptr<const TlsContext> context);

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_TRANSPORT_H_
