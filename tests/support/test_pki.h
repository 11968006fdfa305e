#ifndef RESTANTE_TESTS_SUPPORT_TEST_PKI_H_
#define RESTANTE_TESTS_SUPPORT_TEST_PKI_H_

#include <openssl/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace restante {

// PEM files of one certificate, named as in restante::rpc::TlsFiles.
struct TestCertificate {
  std::string certificate;
  std::string private_key;
  std::string ca;
};

// A certificate authority of its own in a new temporary directory, removed at the end. P-256,
// valid for an hour. Any failure aborts the test program.
class TestPki {
 public:
  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  const std::string& directory() const { return directory_; }

  // Writes DIR/NAME.pem and DIR/NAME.key, over earlier ones of that name, by renaming. `dns_names`
  // and `uris` become subject alternative names: {"auth.restante.internal"},
  // {"spiffe://restante/frontend/pop3-0"}.
  TestCertificate Issue(const std::string& name, const std::vector<std::string>& dns_names,
                        const std::vector<std::string>& uris,
                        absl::Duration valid_for = absl::Hours(1));

 private:
  std::string directory_;
  EVP_PKEY* authority_key_;
  X509* authority_;
  long next_serial_ = 2;  // NOLINT: OpenSSL's type
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_TEST_PKI_H_
