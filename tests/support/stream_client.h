#ifndef RESTANTE_TESTS_SUPPORT_STREAM_CLIENT_H_
#define RESTANTE_TESTS_SUPPORT_STREAM_CLIENT_H_

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace restante {

// A blocking TCP client of 127.0.0.1, in the clear or by TLS, that verifies no certificate. One
// thread.
class StreamClient {
 public:
  // `unread_octets`, when given, is about how much the kernel keeps for it that it has not
  // received.
  explicit StreamClient(uint16_t port, std::optional<int> unread_octets = std::nullopt);
  ~StreamClient();
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  bool connected() const { return connected_; }
  SSL* ssl() const { return ssl_; }

  // False when the peer does not take it.
  bool Send(const std::string& text);
  // Exactly so many octets, fewer at the end of the stream.
  std::string Receive(size_t octets);
  // Up to the next LF, with it; less at the end of the stream.
  std::string ReceiveLine();
  // To the end of the stream.
  std::string ReceiveRest();
  void FinishSending();
  // With TLS of this version alone.
  bool StartTls(int version);

 private:
  int fd_;
  bool connected_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_STREAM_CLIENT_H_
