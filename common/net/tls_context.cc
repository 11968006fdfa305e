#include "common/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/net/tls_context_source.h"

namespace restante::net {
namespace {

absl::Status CheckReadableByOwnerOnly(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return absl::InvalidArgumentError(
        absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path)).message());
  }
  if ((info.st_mode & 07) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " can be read by others: chmod o= ", path));
  }
  return absl::OkStatus();
}

absl::Status Refused(absl::string_view what, const std::string& path) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(path, " ", what, reason == nullptr ? "" : absl::StrCat(" (", reason, ")"),
                   ": give PEM files of one certificate and its key"));
}

const EVP_MD* EndPointDigest(const X509* certificate) {
  int digest = NID_undef;
  int unused = 0;
  bool known = X509_get_signature_info(const_cast<X509*>(certificate), &digest, &unused, nullptr,
                                       nullptr) == 1;
  if (!known || digest == NID_undef || digest == NID_md5 || digest == NID_sha1) return EVP_sha256();
  const EVP_MD* found = EVP_get_digestbynid(digest);
  return found == nullptr ? EVP_sha256() : found;
}

std::string ServerEndPoint(const X509* certificate) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RESTANTE_CHECK(X509_digest(certificate, EndPointDigest(certificate), hash, &size) == 1);
  return std::string(reinterpret_cast<char*>(hash), size);
}

void Configure(SSL_CTX* context) {
  RESTANTE_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  // Old clients end without close_notify; the protocols above have ends of their own.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections keep no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Load(const std::string& certificate,
                                                                   const std::string& private_key) {
  RESTANTE_RETURN_IF_ERROR(CheckReadableByOwnerOnly(private_key));
  std::shared_ptr<TlsContext> loaded(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* context = loaded->context_;
  RESTANTE_CHECK(context != nullptr);
  Configure(context);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return Refused("is no certificate that can be used", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Refused(absl::StrCat("is not the private key of ", certificate), private_key);
  }
  loaded->server_end_point_ = ServerEndPoint(SSL_CTX_get0_certificate(context));
  return loaded;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

absl::StatusOr<std::unique_ptr<TlsContextSource>> TlsContextSource::Load(std::string certificate,
                                                                         std::string private_key) {
  RESTANTE_ASSIGN_OR_RETURN(auto first, TlsContext::Load(certificate, private_key));
  return std::unique_ptr<TlsContextSource>(
      new TlsContextSource(std::move(certificate), std::move(private_key), std::move(first)));
}

absl::Status TlsContextSource::Reload() {
  RESTANTE_ASSIGN_OR_RETURN(auto fresh, TlsContext::Load(certificate_, private_key_));
  MutexLock lock(&mutex_);
  current_ = std::move(fresh);
  return absl::OkStatus();
}

}  // namespace restante::net
