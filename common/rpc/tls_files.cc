#include "common/rpc/tls_files.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/secret.h"
#include "common/base/status_macros.h"
#include "common/config/config.h"
#include "restante/config/v1/server.pb.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxFileOctets = 1 << 20;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using OwnedBio = std::unique_ptr<BIO, Free>;
using OwnedCertificate = std::unique_ptr<X509, Free>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Free>;

absl::Status Fault(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<Secret> Read(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("a TLS file is not configured");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileOctets, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.gcount() == 0) {
    const int error = errno;
    return Fault(path, error != 0
                           ? absl::StrCat("cannot be read: ", std::system_category().message(error))
                           : "is empty");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return Secret(std::move(text));
}

OwnedBio BioOf(const Secret& text) {
  return OwnedBio(BIO_new_mem_buf(text.view().data(), static_cast<int>(text.size())));
}

// A key with a passphrase is refused rather than asked about on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return 0; }

absl::StatusOr<OwnedCertificate> ReadCertificate(const std::string& path) {
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, Read(path));
  OwnedCertificate certificate(
      PEM_read_bio_X509(BioOf(text).get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) return Fault(path, "expected a PEM certificate (BEGIN CERTIFICATE)");
  return certificate;
}

absl::StatusOr<OwnedKey> ReadPrivateKey(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) == 0 && (about.st_mode & 007) != 0) {
    return Fault(path, "every user of this machine has access to the key; chmod o= the file");
  }
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, Read(path));
  OwnedKey key(PEM_read_bio_PrivateKey(BioOf(text).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return Fault(path, "expected a PEM private key without a passphrase");
  return key;
}

}  // namespace

TlsFiles ToTlsFiles(const config::v1::TlsFiles& files) {
  TlsFiles result{files.certificate(), files.private_key(), files.ca()};
  if (files.has_reload_interval()) {
    result.reload_interval = config::ToDuration(files.reload_interval());
  }
  return result;
}

absl::Status CheckTlsFiles(const TlsFiles& files) {
  RESTANTE_RETURN_IF_ERROR(ReadCertificate(files.ca).status());
  RESTANTE_ASSIGN_OR_RETURN(const OwnedCertificate certificate, ReadCertificate(files.certificate));
  RESTANTE_ASSIGN_OR_RETURN(const OwnedKey key, ReadPrivateKey(files.private_key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Fault(files.private_key,
                 absl::StrCat("is not the key of the certificate ", files.certificate));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) {
    return Fault(files.certificate, "has expired; issue a new one");
  }
  return absl::OkStatus();
}

}  // namespace restante::rpc
