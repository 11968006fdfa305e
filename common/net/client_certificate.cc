#include "common/net/client_certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/base/unicode.h"

namespace restante::net {
namespace {

// Of intermediates; and of all that a client may send, which it does before anybody knows it.
constexpr int kMaxChainDepth = 4;
constexpr long kMaxChainOctets = 32'768;  // NOLINT: OpenSSL's type

// A certificate that nobody vouches for is as good as none: the result says so afterwards.
int GoOn(int /*is_good*/, X509_STORE_CTX* /*store*/) { return 1; }

absl::string_view Text(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

void AddName(absl::string_view kind, absl::string_view name, std::vector<std::string>* names) {
  std::string whole = absl::StrCat(kind, ":", name);
  const bool is_name = !name.empty() && whole.size() <= kMaxCertificateNameOctets && FoldName(name);
  if (is_name && names->size() < kMaxCertificateNames) names->push_back(std::move(whole));
}

std::string Fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  RESTANTE_CHECK(X509_digest(certificate, EVP_sha256(), digest, &size) == 1);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

std::string Subject(const X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
  X509_NAME_print_ex(
      out.get(), X509_get_subject_name(certificate), 0,
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));  // NOLINT
  char* octets = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &octets);
  return size > 0 ? std::string(octets, static_cast<size_t>(size)) : std::string();
}

void AddAlternativeName(const GENERAL_NAME& name, std::vector<std::string>* names) {
  if (name.type == GEN_EMAIL) return AddName("email", Text(name.d.rfc822Name), names);
  if (name.type == GEN_URI) return AddName("uri", Text(name.d.uniformResourceIdentifier), names);
  if (name.type != GEN_OTHERNAME || OBJ_obj2nid(name.d.otherName->type_id) != NID_ms_upn) return;
  const ASN1_TYPE* value = name.d.otherName->value;
  if (value->type == V_ASN1_UTF8STRING) AddName("upn", Text(value->value.utf8string), names);
}

}  // namespace

absl::Status AskForCertificates(SSL_CTX* context, const std::string& authorities) {
  ERR_clear_error();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(context, authorities.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat(authorities,
                     " has no certificate authority: give a PEM file of those that "
                     "clients' certificates come from"));
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, GoOn);
  SSL_CTX_set_verify_depth(context, kMaxChainDepth);
  SSL_CTX_set_max_cert_list(context, kMaxChainOctets);
  return absl::OkStatus();
}

std::vector<std::string> CertificateNames(const SSL* connection) {
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return {};
  // A session that is resumed was verified when it began.
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return {};
  std::vector<std::string> names;
  AddName("sha256", Fingerprint(certificate), &names);
  AddName("subject", Subject(certificate), &names);
  auto* alternatives = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    AddAlternativeName(*sk_GENERAL_NAME_value(alternatives, i), &names);
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

}  // namespace restante::net
