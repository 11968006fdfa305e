#include "tests/support/test_pki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace restante {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(const std::string& common_name, long serial,  // NOLINT: OpenSSL's type
                     absl::Duration valid_for, EVP_PKEY* key) {
  X509* certificate = X509_new();
  Require(X509_set_version(certificate, X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), absl::ToInt64Seconds(valid_for));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  Require(X509_set_pubkey(certificate, key) == 1);
  return certificate;
}

template <typename Write>
void WriteFile(const std::string& path, const Write& write) {
  const std::string next = path + ".next";
  FILE* file = std::fopen(next.c_str(), "w");
  Require(file != nullptr);
  Require(fchmod(fileno(file), 0600) == 0);
  Require(write(file) == 1);
  Require(std::fclose(file) == 0);
  Require(std::rename(next.c_str(), path.c_str()) == 0);
}

void WriteCertificate(const std::string& path, X509* certificate) {
  WriteFile(path, [&](FILE* file) { return PEM_write_X509(file, certificate); });
}

}  // namespace

TestPki::TestPki() {
  directory_ = (std::filesystem::temp_directory_path() / "restante-pki-XXXXXX").native();
  Require(mkdtemp(directory_.data()) != nullptr);
  authority_key_ = EVP_EC_gen("P-256");
  authority_ = NewCertificate("Test authority", 1, absl::Hours(1), authority_key_);
  Require(X509_set_issuer_name(authority_, X509_get_subject_name(authority_)) == 1);
  AddExtension(authority_, authority_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(authority_, authority_, NID_key_usage, "critical,keyCertSign");
  Require(X509_sign(authority_, authority_key_, EVP_sha256()) > 0);
  WriteCertificate(directory_ + "/ca.pem", authority_);
}

TestPki::~TestPki() {
  X509_free(authority_);
  EVP_PKEY_free(authority_key_);
  std::filesystem::remove_all(directory_);
}

TestCertificate TestPki::Issue(const std::string& name, const std::vector<std::string>& dns_names,
                               const std::vector<std::string>& uris, absl::Duration valid_for) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = NewCertificate(name, next_serial_++, valid_for, key);
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(authority_)) == 1);
  std::vector<std::string> names;
  for (const std::string& dns_name : dns_names) names.push_back("DNS:" + dns_name);
  for (const std::string& uri : uris) names.push_back("URI:" + uri);
  if (!names.empty()) {
    AddExtension(certificate, authority_, NID_subject_alt_name, absl::StrJoin(names, ","));
  }
  Require(X509_sign(certificate, authority_key_, EVP_sha256()) > 0);

  TestCertificate files{absl::StrCat(directory_, "/", name, ".pem"),
                        absl::StrCat(directory_, "/", name, ".key"), directory_ + "/ca.pem"};
  WriteFile(files.private_key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  WriteCertificate(files.certificate, certificate);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace restante
