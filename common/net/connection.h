#ifndef RESTANTE_COMMON_NET_CONNECTION_H_
#define RESTANTE_COMMON_NET_CONNECTION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/event_loop.h"
#include "common/net/tls_context.h"

namespace restante::net {

// One end of a TCP connection.
struct Endpoint {
  std::string address;  // IP address in text form; IPv4 in its own form also on an IPv6 socket
  uint16_t port = 0;
  bool loopback = false;
};

// An open TCP connection that nobody has taken yet; closes it when dropped.
class AcceptedSocket {
 public:
  // Takes ownership of `fd`, a connected stream socket.
  AcceptedSocket(int fd, Endpoint peer) : fd_(fd), peer_(std::move(peer)) {}
  AcceptedSocket(AcceptedSocket&& other) noexcept;
  AcceptedSocket& operator=(AcceptedSocket&& other) = delete;
  ~AcceptedSocket();

  const Endpoint& peer() const { return peer_; }
  // The caller owns what it gets.
  int Release();
  // A last word to a connection that is not taken, as far as the kernel has room for it.
  void SayBeforeClosing(absl::string_view text);

 private:
  int fd_;
  Endpoint peer_;
};

// What a TLS layer turned out to be.
struct TlsInfo {
  std::string version;           // "TLSv1.2" or "TLSv1.3"
  std::string server_end_point;  // RFC 5929 section 4.1
  std::string exporter;          // RFC 9266: 32 octets; empty when it cannot be had
  // As CertificateNames has them; empty when the peer has not shown a certificate that is trusted.
  std::vector<std::string> certificate_names = {};
};

// What a connection tells its owner, on the loop's thread, never from inside one of the owner's
// calls. The owner may destroy the connection in any of them.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // At most 16 KiB; `octets` is wiped and reused afterwards.
  virtual void OnOctets(absl::string_view octets) = 0;
  // The header that ExpectProxyHeader announced was read; peer() is the client now.
  virtual void OnProxyHeader() {}
  // The handshake that StartTls began is over.
  virtual void OnTlsReady() = 0;
  // The backlog has fallen to the low mark or below, having been above it.
  virtual void OnBacklogLow() = 0;
  // The peer will send nothing more; it may still read.
  virtual void OnPeerFinished() = 0;
  // The connection is over, nothing follows. OK after Finish, else what broke: UNAVAILABLE for the
  // network, DEADLINE_EXCEEDED when the peer read nothing for the stall limit, INVALID_ARGUMENT for
  // what was not TLS.
  virtual void OnEnd(const absl::Status& why) = 0;
};

// A stream of octets over one TCP connection, in the clear or by TLS, without blocking. Lives on
// one loop and is used and destroyed on its thread alone. Holds no buffer while idle: what comes is
// handed over at once, and TLS gives its record buffers back.
class Connection {
 public:
  static constexpr size_t kLowMark = 65'536;

  // Reads nothing before Start. `loop` outlives the connection.
  Connection(EventLoop* loop, AcceptedSocket socket);
  // Closes at once, whatever was not sent.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `handler` outlives the connection. A backlog of which nothing can be sent for `stall_limit`
  // ends the connection.
  void Start(ConnectionHandler* handler, absl::Duration stall_limit);

  // The peer is a load balancer that is believed: it begins with a PROXY header, which is answered
  // by OnProxyHeader, and what it says of the client replaces peer(). What is no such header ends
  // the connection with INVALID_ARGUMENT. Before Start.
  void ExpectProxyHeader();

  // Begins the server's side of a TLS handshake behind what was written; answered by OnTlsReady.
  // The caller has made sure that no octets came ahead of it (RFC 2595 section 4): those that it
  // was given already are its own to refuse, later ones fail the handshake. Takes no memory until
  // the client's whole first message is there, and ends with INVALID_ARGUMENT when that announces
  // more than 16 KiB. Once.
  void StartTls(std::shared_ptr<const TlsContext> context);

  // Appends to what is to be sent. The backlog has no limit of its own: the owner stops making
  // more while it is high.
  void Write(std::string octets);
  // Written and not yet taken by the kernel.
  size_t backlog_octets() const;
  // What OnBacklogLow counts as low from now on; kLowMark from the start.
  void SetLowMark(size_t octets);
  // Adds this connection's backlog to a total over many, until it ends; to several when called
  // several times. Before the first Write. `total` outlives the connection.
  void CountBacklogIn(std::atomic<int64_t>* total);

  // Whether what the peer sends is read. From the start it is.
  void PauseReading();
  void ResumeReading();

  // Sends what was written, says goodbye, waits for the peer's end for at most 2 s and answers
  // OnEnd(OK); OnEnd(DEADLINE_EXCEEDED) when not all has left within the stall limit. Nothing else
  // is answered from now on, nothing may be written.
  void Finish();

  const Endpoint& peer() const;
  // Once TLS is ready.
  const std::optional<TlsInfo>& tls() const;

 private:
  class Engine;
  const std::shared_ptr<Engine> engine_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_CONNECTION_H_
