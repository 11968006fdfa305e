#include "common/net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace restante::net {
namespace {

constexpr int kPendingConnections = 1024;
constexpr int kAcceptsPerTurn = 64;
constexpr absl::Duration kAfterError = absl::Milliseconds(100);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

absl::StatusOr<SocketAddress> Parse(const std::string& address) {
  size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(address, " is not HOST:PORT"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int failed = getaddrinfo(host.empty() ? nullptr : host.c_str(), address.substr(colon + 1).c_str(),
                           &hints, &found);
  if (failed != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(address, " cannot be listened on: ", gai_strerror(failed)));
  }
  absl::Cleanup release = [found] { freeaddrinfo(found); };
  SocketAddress parsed;
  memcpy(&parsed.storage, found->ai_addr, found->ai_addrlen);
  parsed.size = found->ai_addrlen;
  return parsed;
}

uint16_t PortOf(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

Endpoint EndpointOf(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return {text, PortOf(address), ntohl(v4->sin_addr.s_addr) >> 24 == 127};
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    absl::string_view v4 = absl::StripPrefix(absl::string_view(text), "::ffff:");
    return {std::string(v4), PortOf(address), v6->sin6_addr.s6_addr[12] == 127};
  }
  return {text, PortOf(address), IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0};
}

// Stores the port that was taken in `address`. -1 with errno set when it cannot be had.
int BindSocket(SocketAddress* address, bool share) {
  int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (share) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (address->storage.ss_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  bool bound = bind(fd, address->get(), address->size) == 0 &&
               (!share || listen(fd, kPendingConnections) == 0) &&
               getsockname(fd, address->get(), &address->size) == 0;
  if (bound) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

absl::Status CannotListen(const std::string& address) {
  return absl::UnavailableError(
      absl::ErrnoToStatus(errno, absl::StrCat("cannot listen on ", address)).message());
}

}  // namespace

class Listener::Acceptor {
 public:
  Acceptor(EventLoop* loop, int fd) : loop_(*loop), socket_(loop->io_context(), fd) {}

  EventLoop& loop() { return loop_; }

  // The following on the loop.
  void Begin(const Callbacks* callbacks) {
    callbacks_ = callbacks;
    Await();
  }
  void End() {
    pause_.Cancel();
    std::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void Await() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [this](const std::error_code& error) {
                         if (!error && socket_.is_open()) AcceptSome();
                       });
  }

  void AcceptSome() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      SocketAddress peer;
      peer.size = sizeof(peer.storage);
      int fd =
          accept4(socket_.native_handle(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return PauseAfterError();
        break;
      }
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
      callbacks_->on_accept(loop_, AcceptedSocket(fd, EndpointOf(peer)));
    }
    Await();
  }

  void PauseAfterError() {
    callbacks_->on_error(
        absl::UnavailableError(absl::ErrnoToStatus(errno, "cannot accept").message()));
    pause_ = loop_.After(kAfterError, [this] { Await(); });
  }

  EventLoop& loop_;
  asio::posix::stream_descriptor socket_;
  const Callbacks* callbacks_ = nullptr;
  Timer pause_;
};

absl::StatusOr<std::unique_ptr<Listener>> Listener::Listen(const std::string& address,
                                                           const EventLoopGroup& loops) {
  RESTANTE_ASSIGN_OR_RETURN(SocketAddress wanted, Parse(address));
  // Sharing is for our own loops: a port that another process listens on is refused here.
  int probe = BindSocket(&wanted, false);
  if (probe < 0) return CannotListen(address);
  close(probe);
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  for (size_t i = 0; i < loops.size(); ++i) {
    int fd = BindSocket(&wanted, true);
    if (fd < 0) return CannotListen(address);
    acceptors.push_back(std::make_unique<Acceptor>(&loops.loop(i), fd));
  }
  uint16_t port = PortOf(wanted);
  return std::unique_ptr<Listener>(new Listener(std::move(acceptors), port));
}

Listener::Listener(std::vector<std::unique_ptr<Acceptor>> acceptors, uint16_t port)
    : acceptors_(std::move(acceptors)), port_(port) {}

Listener::~Listener() { Stop(); }

void Listener::Accept(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  for (const auto& acceptor : acceptors_) {
    acceptor->loop().Post([this, acceptor = acceptor.get()] { acceptor->Begin(&callbacks_); });
  }
}

void Listener::Stop() {
  Mutex mutex;
  CondVar ended;
  size_t open = acceptors_.size();
  for (auto& acceptor : acceptors_) {
    EventLoop& loop = acceptor->loop();
    loop.Post([&, acceptor = std::move(acceptor)]() mutable {
      acceptor->End();
      // Behind the wait that was cancelled, which still knows the acceptor.
      loop.Post([&, acceptor = std::move(acceptor)]() mutable {
        acceptor.reset();
        MutexLock lock(&mutex);
        if (--open == 0) ended.SignalAll();
      });
    });
  }
  acceptors_.clear();
  MutexLock lock(&mutex);
  while (open > 0) ended.Wait(&mutex);
}

}  // namespace restante::net
