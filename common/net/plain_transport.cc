#include <sys/socket.h>

#include <cerrno>

#include "common/net/transport.h"

namespace restante::net {
namespace {

class PlainTransport : public Transport {
 public:
  explicit PlainTransport(int fd) : fd_(fd) {}

  IoState Handshake() override { return IoState::kDone; }

  IoResult Read(char* into, size_t size) override {
    ssize_t count = recv(fd_, into, size, 0);
    if (count == 0) return {IoState::kEnd};
    if (count < 0) return {Fault(IoState::kWantRead)};
    return {IoState::kDone, static_cast<size_t>(count), static_cast<size_t>(count) < size};
  }

  IoResult Write(absl::string_view octets) override {
    ssize_t count = send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count < 0) return {Fault(IoState::kWantWrite)};
    return {IoState::kDone, static_cast<size_t>(count)};
  }

  void SayGoodbye() override {}
  const absl::Status& error() const override { return error_; }
  std::optional<TlsInfo> Describe() const override { return std::nullopt; }

 private:
  IoState Fault(IoState again) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return again;
    error_ = absl::UnavailableError(absl::ErrnoToStatus(errno, "the connection broke").message());
    return IoState::kBroken;
  }

  const int fd_;
  absl::Status error_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(int fd) {
  return std::make_unique<PlainTransport>(fd);
}

}  // namespace restante::net
