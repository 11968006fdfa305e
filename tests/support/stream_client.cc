#include "tests/support/stream_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace restante {

StreamClient::StreamClient(uint16_t port, std::optional<int> unread_octets)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (unread_octets) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &*unread_octets, sizeof(*unread_octets));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

StreamClient::~StreamClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  close(fd_);
}

bool StreamClient::Send(const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const char* from = text.data() + sent;
    int left = static_cast<int>(text.size() - sent);
    long count = ssl_ != nullptr ? SSL_write(ssl_, from, left)
                                 : send(fd_, from, static_cast<size_t>(left), MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

std::string StreamClient::Receive(size_t octets) {
  std::string text(octets, '\0');
  size_t have = 0;
  while (have < octets) {
    char* into = text.data() + have;
    int room = static_cast<int>(octets - have);
    long count = ssl_ != nullptr ? SSL_read(ssl_, into, room)
                                 : recv(fd_, into, static_cast<size_t>(room), 0);
    if (count <= 0) break;
    have += static_cast<size_t>(count);
  }
  text.resize(have);
  return text;
}

std::string StreamClient::ReceiveLine() {
  std::string line;
  while (line.empty() || line.back() != '\n') {
    std::string octet = Receive(1);
    if (octet.empty()) break;
    line += octet;
  }
  return line;
}

std::string StreamClient::ReceiveRest() {
  std::string all;
  while (true) {
    std::string part = Receive(64 * 1024);
    if (part.empty()) return all;
    all += part;
  }
}

void StreamClient::FinishSending() { shutdown(fd_, SHUT_WR); }

bool StreamClient::StartTls(int version) {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context_, version);
  SSL_CTX_set_max_proto_version(context_, version);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  return SSL_connect(ssl_) == 1;
}

}  // namespace restante
