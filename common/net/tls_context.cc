#include "common/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/net/client_certificate.h"
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

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.good() || file.eof()) return text;
  return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
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

std::string EndPointHash(const X509* certificate) {
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

absl::Time ExpiryOf(const X509* certificate) {
  tm expiry{};
  RESTANTE_CHECK(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &expiry) == 1);
  return absl::FromTM(expiry, absl::UTCTimeZone());
}

std::vector<std::string> NamesOf(X509* certificate) {
  std::vector<std::string> names;
  auto* found = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(found); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    auto size = static_cast<size_t>(ASN1_STRING_length(name->d.dNSName));
    names.push_back(absl::AsciiStrToLower(absl::string_view(text, size)));
  }
  GENERAL_NAMES_free(found);
  return names;
}

bool Covers(absl::string_view name, absl::string_view host) {
  if (name == host) return true;
  size_t dot = host.find('.');
  return absl::StartsWith(name, "*.") && dot != absl::string_view::npos && dot > 0 &&
         host.substr(dot) == name.substr(1);
}

// The host that the client names; empty when it names none.
std::string HostOf(SSL* connection) {
  constexpr uint8_t kHostName = 0;
  const unsigned char* octets = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &octets, &size) != 1)
    return "";
  ByteReader reader(absl::string_view(reinterpret_cast<const char*>(octets), size));
  auto list_octets = reader.ReadU16Be();
  auto type = reader.ReadU8();
  auto host_octets = reader.ReadU16Be();
  if (!list_octets || type != kHostName || !host_octets) return "";
  auto host = reader.ReadBytes(*host_octets);
  return host ? absl::AsciiStrToLower(absl::StripSuffix(*host, ".")) : "";
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Load(const TlsSettings& settings) {
  RESTANTE_CHECK(!settings.certificates.empty());
  std::shared_ptr<TlsContext> loaded(new TlsContext());
  if (settings.load_ticket_keys) {
    RESTANTE_ASSIGN_OR_RETURN(KeyRing ring, settings.load_ticket_keys());
    loaded->ticket_keys_ = std::make_unique<const TicketKeys>(ring);
  }
  for (const CertificateFiles& files : settings.certificates) {
    RESTANTE_RETURN_IF_ERROR(loaded->Add(files, settings.client_authorities));
  }
  // Ahead of everything else, so that no ticket is looked at under another certificate.
  SSL_CTX_set_client_hello_cb(loaded->get(), &TlsContext::OnClientHello, loaded.get());
  return loaded;
}

absl::Status TlsContext::Add(const CertificateFiles& files, const std::string& client_authorities) {
  RESTANTE_RETURN_IF_ERROR(CheckReadableByOwnerOnly(files.private_key));
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  RESTANTE_CHECK(context != nullptr);
  certificates_.push_back({context, {}, "", absl::InfiniteFuture()});
  Configure(context);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return Refused("is no certificate that can be used", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Refused(absl::StrCat("is not the private key of ", files.certificate),
                   files.private_key);
  }
  X509* certificate = SSL_CTX_get0_certificate(context);
  certificates_.back().names = NamesOf(certificate);
  certificates_.back().server_end_point = EndPointHash(certificate);
  certificates_.back().expiry = ExpiryOf(certificate);
  std::string authorities;
  if (!client_authorities.empty()) {
    RESTANTE_RETURN_IF_ERROR(AskForCertificates(context, client_authorities));
    RESTANTE_ASSIGN_OR_RETURN(authorities, ReadFile(client_authorities));
  }
  // Sessions of another certificate are not resumed: their clients saw another server, or were seen
  // by one that trusts others.
  unsigned char own[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RESTANTE_CHECK(X509_digest(certificate, EVP_sha256(), own, &size) == 1);
  const std::string id = Sha256(
      absl::StrCat(absl::string_view(reinterpret_cast<char*>(own), size), Sha256(authorities)));
  RESTANTE_CHECK(SSL_CTX_set_session_id_context(context,
                                                reinterpret_cast<const unsigned char*>(id.data()),
                                                static_cast<unsigned int>(id.size())) == 1);
  if (ticket_keys_ != nullptr) ticket_keys_->ApplyTo(context);
  return absl::OkStatus();
}

TlsContext::~TlsContext() {
  for (const Certificate& certificate : certificates_) SSL_CTX_free(certificate.context);
}

const TlsContext::Certificate& TlsContext::ForName(absl::string_view host) const {
  for (const Certificate& certificate : certificates_) {
    for (const std::string& name : certificate.names) {
      if (Covers(name, host)) return certificate;
    }
  }
  return certificates_.front();
}

int TlsContext::OnClientHello(SSL* connection, int* /*alert*/, void* self) {
  const auto* context = static_cast<const TlsContext*>(self);
  const Certificate& wanted = context->ForName(HostOf(connection));
  if (wanted.context != context->get()) SSL_set_SSL_CTX(connection, wanted.context);
  return SSL_CLIENT_HELLO_SUCCESS;
}

const std::string& TlsContext::ServerEndPoint(const SSL* connection) const {
  for (const Certificate& certificate : certificates_) {
    if (certificate.context == SSL_get_SSL_CTX(connection)) return certificate.server_end_point;
  }
  RESTANTE_CHECK(false);
}

absl::Time TlsContext::expiry() const {
  absl::Time first = absl::InfiniteFuture();
  for (const Certificate& certificate : certificates_) {
    first = std::min(first, certificate.expiry);
  }
  return first;
}

absl::StatusOr<std::unique_ptr<TlsContextSource>> TlsContextSource::Load(TlsSettings settings) {
  RESTANTE_ASSIGN_OR_RETURN(auto first, TlsContext::Load(settings));
  return std::unique_ptr<TlsContextSource>(
      new TlsContextSource(std::move(settings), std::move(first)));
}

absl::Status TlsContextSource::Reload() {
  RESTANTE_ASSIGN_OR_RETURN(auto fresh, TlsContext::Load(settings_));
  MutexLock lock(&mutex_);
  current_ = std::move(fresh);
  return absl::OkStatus();
}

}  // namespace restante::net
