#include "mailstore-service/lmtp/app/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/support/test_pki.h"

namespace restante::lmtp {
namespace {

using testing::HasSubstr;

class LmtpConfigTest : public testing::Test {
 protected:
  // What every file must say.
  std::string Least() {
    return absl::StrCat("addresses: [\"127.0.0.1:24\"]\ntls:\n  certificate: ", tls_.certificate,
                        "\n  private_key: ", tls_.private_key, "\n  ca: ", tls_.ca,
                        "\nauth:\n  target: ipv4:127.0.0.1:1\n  server_name: auth.example\n"
                        "mailstores:\n  pattern:\n    target: dns:///{placement}.example\n"
                        "    server_name: \"{placement}.example\"\n");
  }
  absl::StatusOr<Config> Load(const std::string& text) {
    const std::string path = pki_.directory() + "/lmtp.yaml";
    std::ofstream(path) << text;
    return LoadConfig(path);
  }
  std::string ErrorOf(const std::string& text) {
    return std::string(Load(text).status().message());
  }

  TestPki pki_;
  const TestCertificate tls_ = pki_.Issue("lmtp", {}, {"spiffe://restante/ingress/test"});
};

TEST_F(LmtpConfigTest, TheLeastFileHasTheDocumentedDefaults) {
  absl::StatusOr<Config> config = Load(Least());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.session.max_message_octets, 67'108'864);
  EXPECT_EQ(config->server.session.max_recipients, 1000u);
  EXPECT_EQ(config->server.session.bare_line_ends, BareLineEnds::kRefuse);
  EXPECT_NE(config->server.session.host_name, "");
  EXPECT_EQ(config->server.max_connections, 1000);
  EXPECT_EQ(config->deadlines.idle, absl::Minutes(5));
  EXPECT_EQ(config->deadlines.stall, absl::Minutes(2));
  EXPECT_EQ(config->recipients.calls.deadline, absl::Seconds(10));
  EXPECT_EQ(config->recipients.keep_for, absl::Seconds(10));
  EXPECT_EQ(config->delivery.calls.deadline, absl::Seconds(10));
  EXPECT_EQ(config->delivery.deliveries_per_mailbox, 1u);
  EXPECT_EQ(config->drain_grace, absl::Seconds(30));
  EXPECT_FALSE(config->development_mode);
  EXPECT_TRUE(CheckFiles(*config).ok()) << CheckFiles(*config);
}

TEST_F(LmtpConfigTest, EveryKeyIsTaken) {
  absl::StatusOr<Config> config = Load(absl::StrCat(
      Least(),
      "host_name: in.example\ndevelopment_mode: true\nlookup_timeout: 2s\ndelivery_timeout: 3s\n"
      "keep_recipients: 12s\n"
      "messages:\n  max_octets: 4096\n  max_recipients: 5\n  bare_line_ends: normalise\n"
      "clients:\n  max_connections: 6\n  idle_timeout: 7s\n  stall_timeout: 8s\n"
      "event_loops: 9\ndeliveries_per_mailbox: 11\ndrain_grace: 10s\nmetrics:\n  address: "
      "127.0.0.1:2\n"
      "health:\n  address: 127.0.0.1:3\nlog:\n  level: warn\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.addresses, std::vector<std::string>{"127.0.0.1:24"});
  EXPECT_EQ(config->server.session.host_name, "in.example");
  EXPECT_EQ(config->server.session.max_message_octets, 4096);
  EXPECT_EQ(config->server.session.max_recipients, 5u);
  EXPECT_EQ(config->server.session.bare_line_ends, BareLineEnds::kNormalise);
  EXPECT_EQ(config->server.max_connections, 6);
  EXPECT_EQ(config->deadlines.idle, absl::Seconds(7));
  EXPECT_EQ(config->deadlines.stall, absl::Seconds(8));
  EXPECT_EQ(config->auth.server_name, "auth.example");
  EXPECT_EQ(config->recipients.calls.deadline, absl::Seconds(2));
  EXPECT_EQ(config->recipients.keep_for, absl::Seconds(12));
  EXPECT_EQ(config->delivery.calls.deadline, absl::Seconds(3));
  EXPECT_EQ(config->event_loops, 9);
  EXPECT_EQ(config->delivery.deliveries_per_mailbox, 11u);
  EXPECT_EQ(config->drain_grace, absl::Seconds(10));
  EXPECT_EQ(config->endpoints.metrics, "127.0.0.1:2");
  EXPECT_EQ(config->endpoints.health, "127.0.0.1:3");
  EXPECT_EQ(config->log_level, log::Level::kWarn);
  EXPECT_TRUE(config->development_mode);
}

TEST_F(LmtpConfigTest, WrongKeysAreNamedWithTheirLine) {
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(Least(), {{"\"127.0.0.1:24\"", ""}})),
              HasSubstr("addresses: expected"));
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(Least(), {{"127.0.0.1:24", "24"}})),
              HasSubstr("lmtp.yaml:1: addresses[0]: expected HOST:PORT"));
  EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "host_name: two words\n")),
              HasSubstr("host_name: expected"));
  EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "messages:\n  bare_line_ends: keep\n")),
              HasSubstr("messages.bare_line_ends: expected"));
  EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "adresses: []\n")), HasSubstr("adresses"));
}

TEST_F(LmtpConfigTest, FilesThatCannotBeUsedAreNamed) {
  Config config = *Load(Least());
  config.auth.tls.certificate = pki_.directory() + "/none.pem";
  EXPECT_THAT(CheckFiles(config).message(), HasSubstr("/none.pem"));
}

}  // namespace
}  // namespace restante::lmtp
