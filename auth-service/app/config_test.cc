#include "auth-service/app/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/support/test_pki.h"

namespace restante::logon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class AuthConfigTest : public testing::Test {
 protected:
  AuthConfigTest() {
    WriteKey("state/k1.key");
    WriteKey("credential/k1.key");
    WriteKey("grant/mailstore-0/k1.key");
  }

  void WriteKey(const std::string& name) {
    const fs::path path = fs::path(directory_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(64, 'a') << "\n";
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
  // What every file must say.
  std::string Least() {
    return absl::StrCat("data_directory: ", directory_, "/data\nrpc_address: 127.0.0.1:0\n",
                        "tls:\n  certificate: ", tls_.certificate,
                        "\n  private_key: ", tls_.private_key, "\n  ca: ", tls_.ca,
                        "\nntlm:\n  netbios_domain: CORP\n",
                        "sealed_state_keys:\n  directory: ", directory_, "/state\n",
                        "grant_keys:\n  directory: ", directory_, "/grant\n",
                        "credential_keys:\n  directory: ", directory_, "/credential\n");
  }
  absl::StatusOr<Config> Load(const std::string& text) {
    const std::string path = directory_ + "/auth.yaml";
    std::ofstream(path) << text;
    return LoadConfig(path);
  }
  std::string ErrorOf(const std::string& text) {
    return std::string(Load(text).status().message());
  }
  std::string FileErrorOf(const std::string& text) {
    const absl::StatusOr<Config> config = Load(text);
    return std::string(config.ok() ? CheckFiles(*config).message() : config.status().message());
  }

  TestPki pki_;
  const std::string directory_ = pki_.directory();
  const TestCertificate tls_ =
      pki_.Issue("auth", {"auth.restante.internal"}, {"spiffe://restante/service/auth-0"});
};

TEST_F(AuthConfigTest, TheLeastFileHasTheDocumentedDefaults) {
  const absl::StatusOr<Config> config = Load(Least());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->development_mode);
  EXPECT_EQ(config->management_address, "");
  EXPECT_EQ(config->sealed_state_keys.active, "");
  EXPECT_EQ(config->server_names.netbios_domain, "CORP");
  EXPECT_EQ(config->server_names.netbios_computer, "RESTANTE");
  EXPECT_EQ(config->server_names.dns_domain, "");
  EXPECT_EQ(config->channel_bindings.policy, ntlm::ChannelBindingPolicy::kAllow);
  EXPECT_THAT(config->channel_bindings.load_balancers, ElementsAre());
  EXPECT_EQ(config->names.default_domain, "CORP");
  EXPECT_THAT(config->names.accepted_domains, ElementsAre());
  EXPECT_EQ(config->default_placement, "mailstore-0");
  EXPECT_EQ(config->endpoints.metrics, "");
  EXPECT_EQ(config->endpoints.health, "");
  EXPECT_EQ(config->log_level, log::Level::kInfo);
  EXPECT_EQ(config->drain_grace, absl::Seconds(10));
  EXPECT_EQ(config->deleted_accounts_kept, absl::Hours(720));
  EXPECT_EQ(config->audit_retention, absl::Hours(8760));
  EXPECT_EQ(config->backup_directory, "");
  EXPECT_TRUE(CheckFiles(*config).ok()) << CheckFiles(*config);
  EXPECT_FALSE(fs::exists(directory_ + "/data"));  // checking makes nothing
}

TEST_F(AuthConfigTest, EveryKeyIsTaken) {
  const absl::StatusOr<Config> config = Load(absl::StrCat(
      absl::StrReplaceAll(Least(), {{"/state\n", "/state\n  active: k1\n"},
                                    {"/credential\n", "/credential\n  active: k2\n"},
                                    {"netbios_domain: CORP\n",
                                     "netbios_domain: CORP\n  netbios_computer: MAIL\n"
                                     "  dns_domain: corp.example\n  dns_tree: example\n"
                                     "  dns_computer: mail.corp.example\n"}}),
      "development_mode: true\nmanagement_address: 127.0.0.1:1\nchannel_bindings: require\n"
      "load_balancer_certificates: [",
      std::string(64, 'C'), "]\n",
      "names:\n  default_domain: SALES\n  accepted_domains: [OLD, old.example]\n"
      "default_placement: mailstore-7\nmetrics:\n  address: 127.0.0.1:2\n"
      "health:\n  address: 127.0.0.1:3\nlog:\n  level: warn\ndrain_grace: 6s\n"
      "deleted_accounts_kept: 48h\naudit_retention: 72h\nbackup_directory: /backups\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->development_mode);
  EXPECT_EQ(config->rpc_address, "127.0.0.1:0");
  EXPECT_EQ(config->management_address, "127.0.0.1:1");
  EXPECT_EQ(config->sealed_state_keys.active, "k1");
  EXPECT_EQ(config->credential_keys.active, "k2");
  EXPECT_EQ(config->grant_key_directory, directory_ + "/grant");
  EXPECT_EQ(config->server_names.netbios_computer, "MAIL");
  EXPECT_EQ(config->server_names.dns_computer, "mail.corp.example");
  EXPECT_EQ(config->channel_bindings.policy, ntlm::ChannelBindingPolicy::kRequire);
  EXPECT_THAT(config->channel_bindings.load_balancers,
              ElementsAre(ntlm::ChannelBindingHash(std::string(32, '\xcc'))));
  EXPECT_EQ(config->names.default_domain, "SALES");
  EXPECT_THAT(config->names.accepted_domains, ElementsAre("OLD", "old.example"));
  EXPECT_THAT(config->names.own_names,
              ElementsAre("CORP", "MAIL", "corp.example", "mail.corp.example", "example"));
  EXPECT_EQ(config->default_placement, "mailstore-7");
  EXPECT_EQ(config->endpoints.metrics, "127.0.0.1:2");
  EXPECT_EQ(config->endpoints.health, "127.0.0.1:3");
  EXPECT_EQ(config->log_level, log::Level::kWarn);
  EXPECT_EQ(config->drain_grace, absl::Seconds(6));
  EXPECT_EQ(config->deleted_accounts_kept, absl::Hours(48));
  EXPECT_EQ(config->audit_retention, absl::Hours(72));
  EXPECT_EQ(config->backup_directory, "/backups");
}

TEST_F(AuthConfigTest, WrongKeysAreNamedWithTheirLine) {
  EXPECT_THAT(ErrorOf("colour: blue\n" + Least()), HasSubstr("auth.yaml:1: colour: expected"));
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(Least(), {{"127.0.0.1:0", "somewhere"}})),
              HasSubstr("auth.yaml:2: rpc_address: expected HOST:PORT"));
  EXPECT_THAT(ErrorOf(Least() + "development_mode: perhaps\n"),
              HasSubstr("development_mode: expected"));
  EXPECT_THAT(ErrorOf(Least() + "channel_bindings: sometimes\n"),
              HasSubstr("channel_bindings: expected"));
  for (const char* hash : {"c0ffee", "zz", "abcdefabcdefabcdefabcdefabcdefabcdefabcde"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "load_balancer_certificates: [", hash, "]\n")),
                HasSubstr("load_balancer_certificates: expected the hash of a certificate"));
  }
  EXPECT_THAT(ErrorOf(Least() + "default_placement: Store_1\n"),
              HasSubstr("default_placement: expected"));
  EXPECT_THAT(ErrorOf(Least() + "drain_grace: 2h\n"), HasSubstr("drain_grace: expected"));
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(Least(), {{"  netbios_domain: CORP\n", "  {}\n"}})),
              HasSubstr("ntlm.netbios_domain: expected"));
}

TEST_F(AuthConfigTest, NamesFitIntoAChallenge) {
  const auto with_domain = [this](const std::string& domain) {
    return absl::StrReplaceAll(Least(), {{"CORP", domain}});
  };
  EXPECT_TRUE(Load(with_domain(std::string(255, 'C'))).ok());
  EXPECT_THAT(ErrorOf(with_domain(std::string(256, 'C'))),
              HasSubstr("auth.yaml:8: ntlm.netbios_domain: expected at most 255 octets"));
}

TEST_F(AuthConfigTest, FilesThatCannotBeUsedAreNamed) {
  EXPECT_THAT(FileErrorOf(absl::StrReplaceAll(Least(), {{tls_.certificate, "/none.pem"}})),
              HasSubstr("/none.pem"));
  EXPECT_THAT(FileErrorOf(absl::StrReplaceAll(Least(), {{"/state\n", "/none\n"}})),
              HasSubstr(directory_ + "/none"));
  EXPECT_THAT(FileErrorOf(absl::StrReplaceAll(Least(), {{"/credential\n", "/none\n"}})),
              HasSubstr(directory_ + "/none"));
  EXPECT_THAT(FileErrorOf(absl::StrReplaceAll(Least(), {{"/grant\n", "/grant/mailstore-0\n"}})),
              HasSubstr("has no placement; make a directory with a key"));
  EXPECT_THAT(FileErrorOf(absl::StrReplaceAll(Least(), {{"/state\n", "/state\n  active: k9\n"}})),
              HasSubstr("k9"));
  fs::permissions(directory_ + "/grant/mailstore-0/k1.key", fs::perms::others_read,
                  fs::perm_options::add);
  EXPECT_THAT(FileErrorOf(Least()), HasSubstr("/grant/mailstore-0/k1.key"));
}

TEST_F(AuthConfigTest, ThereIsAKeyRingForEachPlacement) {
  WriteKey("grant/mailstore-1/k1.key");
  const absl::StatusOr<Keys> keys = LoadKeys(*Load(Least()));
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->grants.size(), 2u);
  EXPECT_EQ(keys->grants.count("mailstore-1"), 1u);
}

}  // namespace
}  // namespace restante::logon
