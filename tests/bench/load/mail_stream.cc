#include "tests/bench/load/mail_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tests/bench/load/fault.h"

namespace restante::load {
namespace {

constexpr size_t kReadOctets = 256 * 1024;
constexpr int kSilenceSeconds = 60;
constexpr absl::string_view kEnd = "\r\n.\r\n";

int Connect(const Endpoint& endpoint) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Fail(absl::StrCat("socket: ", strerror(errno)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) {
    Fail(absl::StrCat("not an IPv4 address: ", endpoint.host));
  }
  timeval silence{kSilenceSeconds, 0};
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    Fail(absl::StrCat("connect to port ", endpoint.port, ": ", strerror(errno)));
  }
  return fd;
}

// One for all connections: reading the authorities anew for each would be the dearest part of it.
// No session is kept: every handshake is a full one.
SSL_CTX* TlsContext(const std::string& ca) {
  static SSL_CTX* context = [&ca] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(made, ca.c_str(), nullptr) != 1) {
      Fail(absl::StrCat("no authorities in ", ca));
    }
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    return made;
  }();
  return context;
}

SSL* Handshake(const Endpoint& endpoint, int fd) {
  SSL* ssl = SSL_new(TlsContext(endpoint.ca));
  SSL_set_tlsext_host_name(ssl, endpoint.server_name.c_str());
  SSL_set1_host(ssl, endpoint.server_name.c_str());
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) != 1) {
    Fail(absl::StrCat("TLS: ", ERR_reason_error_string(ERR_peek_last_error())));
  }
  return ssl;
}

}  // namespace

MailStream::MailStream(const Endpoint& endpoint) : fd_(Connect(endpoint)) {
  if (!endpoint.ca.empty()) ssl_ = Handshake(endpoint, fd_);
}

MailStream::~MailStream() {
  SSL_free(ssl_);
  close(fd_);
}

void MailStream::KeepSocketOnly() {
  SSL_free(ssl_);
  ssl_ = nullptr;
  input_ = std::string();
  unstuffed_ = std::string();
}

void MailStream::Send(absl::string_view text) {
  while (!text.empty()) {
    ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, text.data(), static_cast<int>(text.size()))
                                   : send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) Fail(absl::StrCat("the server takes nothing more: ", strerror(errno)));
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

void MailStream::ReadMore() {
  if (taken_ > 0) {
    input_.erase(0, taken_);
    taken_ = 0;
  }
  size_t have = input_.size();
  // Only a large message is worth a large buffer: a thousand idle connections have one each.
  size_t room = std::clamp<size_t>(have, 4096, kReadOctets);
  input_.resize(have + room);
  ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, input_.data() + have, static_cast<int>(room))
                                : recv(fd_, input_.data() + have, room, 0);
  if (got <= 0) Fail("the server closed the connection or is silent");
  input_.resize(have + static_cast<size_t>(got));
}

absl::string_view MailStream::ReadLine() {
  size_t from = taken_;
  while (true) {
    size_t end = input_.find("\r\n", from);
    if (end != std::string::npos) {
      absl::string_view line(input_.data() + taken_, end - taken_);
      taken_ = end + 2;
      return line;
    }
    // The CR may be there already.
    size_t unread = input_.size() - taken_;
    ReadMore();
    from = unread > 0 ? unread - 1 : 0;
  }
}

absl::string_view MailStream::ReadLinesToDot() {
  while (input_.size() - taken_ < 3) ReadMore();
  if (input_.compare(taken_, 3, ".\r\n") == 0) {
    taken_ += 3;
    return {};
  }
  size_t from = taken_;
  size_t end;
  while ((end = input_.find(kEnd.data(), from, kEnd.size())) == std::string::npos) {
    size_t unread = input_.size() - taken_;
    ReadMore();
    from = unread < kEnd.size() ? 0 : unread - kEnd.size() + 1;
  }
  absl::string_view stuffed(input_.data() + taken_, end + 2 - taken_);
  taken_ = end + kEnd.size();
  unstuffed_.clear();
  if (stuffed.front() == '.') stuffed.remove_prefix(1);
  for (size_t dot; (dot = stuffed.find("\n..")) != absl::string_view::npos;) {
    unstuffed_.append(stuffed.data(), dot + 2);
    stuffed.remove_prefix(dot + 3);
  }
  unstuffed_.append(stuffed.data(), stuffed.size());
  return unstuffed_;
}

}  // namespace restante::load
