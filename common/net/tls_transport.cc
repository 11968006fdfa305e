#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/client_certificate.h"
#include "common/net/transport.h"

namespace restante::net {
namespace {

constexpr size_t kExporterOctets = 32;
constexpr absl::string_view kExporterLabel = "EXPORTER-Channel-Binding";

class TlsTransport : public Transport {
 public:
  TlsTransport(int fd, std::shared_ptr<const TlsContext> context)
      : context_(std::move(context)), ssl_(SSL_new(context_->get())) {
    RESTANTE_CHECK(ssl_ != nullptr && SSL_set_fd(ssl_, fd) == 1);
    SSL_set_accept_state(ssl_);
  }
  ~TlsTransport() override { SSL_free(ssl_); }

  IoState Handshake() override {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl_);
    return result == 1 ? IoState::kDone : StateOf(result);
  }

  IoResult Read(char* into, size_t size) override {
    ERR_clear_error();
    size_t count = 0;
    int result = SSL_read_ex(ssl_, into, size, &count);
    if (result != 1) return {StateOf(result)};
    return {IoState::kDone, count};
  }

  IoResult Write(absl::string_view octets) override {
    ERR_clear_error();
    size_t count = 0;
    int result = SSL_write_ex(ssl_, octets.data(), octets.size(), &count);
    if (result != 1) {
      IoState state = StateOf(result);
      // A peer that has said goodbye can still be told nothing.
      if (state == IoState::kEnd) error_ = absl::UnavailableError("the peer closed the connection");
      return {state == IoState::kEnd ? IoState::kBroken : state};
    }
    return {IoState::kDone, count};
  }

  void SayGoodbye() override {
    if (!error_.ok() || SSL_in_init(ssl_) != 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }

  const absl::Status& error() const override { return error_; }

  std::optional<TlsInfo> Describe() const override {
    TlsInfo info{SSL_get_version(ssl_), context_->ServerEndPoint(ssl_), ""};
    info.certificate_names = CertificateNames(ssl_);
    // RFC 9266 section 4.2: not where TLS 1.2 lacks the extended master secret.
    if (SSL_version(ssl_) == TLS1_2_VERSION && SSL_get_extms_support(ssl_) != 1) return info;
    unsigned char secret[kExporterOctets];
    if (SSL_export_keying_material(ssl_, secret, sizeof(secret), kExporterLabel.data(),
                                   kExporterLabel.size(), nullptr, 0, 1) == 1) {
      info.exporter.assign(reinterpret_cast<char*>(secret), sizeof(secret));
    }
    return info;
  }

 private:
  IoState StateOf(int result) {
    int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        return IoState::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return IoState::kWantWrite;
      case SSL_ERROR_ZERO_RETURN:
        return IoState::kEnd;
      case SSL_ERROR_SYSCALL:
        error_ = absl::UnavailableError(
            absl::ErrnoToStatus(system_error, "the connection broke").message());
        return IoState::kBroken;
      default:
        error_ = absl::InvalidArgumentError(
            absl::StrCat("TLS: ", Text(ERR_reason_error_string(ERR_peek_error()))));
        ERR_clear_error();
        return IoState::kBroken;
    }
  }

  static absl::string_view Text(const char* text) { return text == nullptr ? "failed" : text; }

  const std::shared_ptr<const TlsContext> context_;
  SSL* const ssl_;
  absl::Status error_;
};

}  // namespace

std::unique_ptr<Transport> MakeTlsTransport(int fd, std::shared_ptr<const TlsContext> context) {
  return std::make_unique<TlsTransport>(fd, std::move(context));
}

}  // namespace restante::net
