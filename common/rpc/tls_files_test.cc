#include "common/rpc/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/test_pki.h"

namespace restante::rpc {
namespace {

class TlsFilesTest : public testing::Test {
 protected:
  TlsFiles Issue(const std::string& name, absl::Duration valid_for = absl::Hours(1)) {
    const TestCertificate files = pki_.Issue(name, {name}, {}, valid_for);
    return {files.certificate, files.private_key, files.ca};
  }

  static void ExpectFault(const TlsFiles& files, const std::string& text) {
    const absl::Status status = CheckTlsFiles(files);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(text));
  }

  TestPki pki_;
};

TEST_F(TlsFilesTest, SoundFilesPass) {
  EXPECT_TRUE(CheckTlsFiles(Issue("a")).ok()) << CheckTlsFiles(Issue("a"));
}

TEST_F(TlsFilesTest, NamesTheFileAndWhatIsWrong) {
  const TlsFiles sound = Issue("a");
  TlsFiles files = sound;
  files.ca = pki_.directory() + "/none.pem";
  ExpectFault(files, files.ca + ": cannot be read");
  files = sound;
  files.certificate = sound.private_key;
  ExpectFault(files, sound.private_key + ": expected a PEM certificate");
  files = sound;
  files.private_key = sound.certificate;
  chmod(sound.certificate.c_str(), 0600);
  ExpectFault(files, sound.certificate + ": expected a PEM private key");
  files = sound;
  files.private_key = Issue("b").private_key;
  ExpectFault(files, files.private_key + ": is not the key of the certificate");
  files = sound;
  files.ca.clear();
  ExpectFault(files, "not configured");
  files.ca = pki_.directory() + "/empty";
  std::ofstream(files.ca).flush();
  ExpectFault(files, files.ca + ": is empty");
  ExpectFault(Issue("c", -absl::Minutes(1)), "c.pem: has expired");
  chmod(sound.private_key.c_str(), 0604);
  ExpectFault(sound, sound.private_key + ": every user of this machine");
}

}  // namespace
}  // namespace restante::rpc
