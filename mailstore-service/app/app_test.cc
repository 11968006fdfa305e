#include "mailstore-service/app/app.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "mailstore-service/app/config.h"
#include "mailstore-service/app/store_watch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_pki.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

class AppTest : public testing::Test {
 protected:
  AppTest() {
    fs::create_directory(directory_ + "/keys");
    WriteFile("keys/k1.key", std::string(64, 'a') + "\n");
    fs::permissions(directory_ + "/keys/k1.key", fs::perms::owner_read);
  }

  void WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }
  // What every file must say.
  std::string Least() {
    return absl::StrCat("placement: mailstore-0\ndata_directory: ", directory_,
                        "/data\nrpc_address: 127.0.0.1:0\ntls:\n  certificate: ", tls_.certificate,
                        "\n  private_key: ", tls_.private_key, "\n  ca: ", tls_.ca,
                        "\ngrant_keys:\n  directory: ", directory_, "/keys\n");
  }
  absl::StatusOr<Config> Load(const std::string& text) {
    WriteFile("mailstore.yaml", text);
    return LoadConfig(directory_ + "/mailstore.yaml");
  }
  std::string ErrorOf(const std::string& text) {
    return std::string(Load(text).status().message());
  }

  TestPki pki_;
  const std::string directory_ = pki_.directory();
  const TestCertificate tls_ =
      pki_.Issue("mailstore", {"mailstore-0.restante.internal"}, {"spiffe://restante/service/m"});
};

TEST_F(AppTest, TheLeastFileHasTheDocumentedDefaults) {
  const absl::StatusOr<Config> config = Load(Least());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->development_mode);
  EXPECT_EQ(config->management_address, "");
  EXPECT_EQ(config->store.max_message_octets, 104'857'600);
  EXPECT_EQ(config->store.block_cache_octets, 67'108'864u);
  EXPECT_EQ(config->worker_threads, 16u);
  EXPECT_EQ(config->store.kept.deleted_messages, absl::Hours(168));
  EXPECT_EQ(config->store.defaults.limits, MailboxLimits());
  EXPECT_EQ(config->max_waiting_calls, 10'000u);
  EXPECT_EQ(config->sweeper.interval, absl::Minutes(10));
  EXPECT_EQ(config->drain_grace, absl::Seconds(2));
  EXPECT_TRUE(CheckFiles(*config).ok()) << CheckFiles(*config);
  EXPECT_FALSE(fs::exists(directory_ + "/data"));  // checking makes nothing
}

TEST_F(AppTest, EveryKeyIsTaken) {
  const absl::StatusOr<Config> config = Load(absl::StrCat(
      Least(),
      "  active: k1\ndevelopment_mode: true\nmanagement_address: 127.0.0.1:1\n"
      "metrics:\n  address: 127.0.0.1:2\nhealth:\n  address: 127.0.0.1:3\n"
      "log:\n  level: warn\nstore:\n  max_message_octets: 2048\n  block_cache_octets: 1048576\n"
      "  worker_threads: 3\n  max_waiting_calls: 4\n  sweep_interval: 5s\n  deleted_messages_kept: "
      "0s\n  default_max_octets: 5\n  default_max_messages: 6\ndrain_grace: 6s\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->development_mode);
  EXPECT_EQ(config->active_grant_key, "k1");
  EXPECT_EQ(config->management_address, "127.0.0.1:1");
  EXPECT_EQ(config->endpoints.metrics, "127.0.0.1:2");
  EXPECT_EQ(config->endpoints.health, "127.0.0.1:3");
  EXPECT_EQ(config->log_level, log::Level::kWarn);
  EXPECT_EQ(config->store.max_message_octets, 2048);
  EXPECT_EQ(config->store.block_cache_octets, 1'048'576u);
  EXPECT_EQ(config->worker_threads, 3u);
  EXPECT_EQ(config->store.kept.deleted_messages, absl::ZeroDuration());
  EXPECT_EQ(config->store.defaults.limits, (MailboxLimits{5, 6}));
  EXPECT_EQ(config->max_waiting_calls, 4u);
  EXPECT_EQ(config->sweeper.interval, absl::Seconds(5));
  EXPECT_EQ(config->drain_grace, absl::Seconds(6));
}

TEST_F(AppTest, WrongKeysAreNamedWithTheirLine) {
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(Least(), {{"mailstore-0\n", "Mail_0\n"}})),
              testing::HasSubstr("mailstore.yaml:1: placement: expected"));
  EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "store:\n  worker_threads: 0\n")),
              testing::HasSubstr("store.worker_threads: expected"));
  EXPECT_THAT(ErrorOf(absl::StrCat(Least(), "stroe: 1\n")), testing::HasSubstr("stroe"));
  EXPECT_THAT(ErrorOf("placement: mailstore-0\n"), testing::HasSubstr("data_directory"));
}

TEST_F(AppTest, FilesThatCannotBeUsedAreNamed) {
  Config config = *Load(Least());
  config.grant_key_directory = directory_ + "/none";
  EXPECT_THAT(CheckFiles(config).message(), testing::HasSubstr("/none"));
  config = *Load(Least());
  config.tls.certificate = directory_ + "/none.pem";
  EXPECT_THAT(CheckFiles(config).message(), testing::HasSubstr("/none.pem"));
  config = *Load(Least());
  config.store.directory = directory_ + "/none/data";
  EXPECT_THAT(CheckFiles(config).message(), testing::HasSubstr("mkdir -p"));
  config.store.directory = directory_ + "/keys/k1.key";
  EXPECT_THAT(CheckFiles(config).message(), testing::HasSubstr("not a directory"));
  config.store.directory = directory_ + "/data/";
  EXPECT_TRUE(CheckFiles(config).ok()) << CheckFiles(config);
}

TEST_F(AppTest, StartsAndStopsAndStartsAgain) {
  Config config =
      *Load(absl::StrCat(Least(),
                         "management_address: 127.0.0.1:0\nmetrics:\n  address: 127.0.0.1:0\n"
                         "health:\n  address: 127.0.0.1:0\ndevelopment_mode: true\n"));
  for (int i = 0; i < 2; ++i) {
    app::ShutdownSignals signals;
    signals.Interrupt();
    const absl::Status status = mailstore::Run(config, &signals);
    EXPECT_TRUE(status.ok()) << status;
  }
  struct stat data = {};
  ASSERT_EQ(stat((directory_ + "/data").c_str(), &data), 0);
  EXPECT_EQ(data.st_mode & 0777, 0700u);
}

TEST(StoreWatch, AFailedStoreIsNeverReadyAgain) {
  FakeClock clock;
  metrics::Registry registry;
  std::string lines;
  log::Logger logger("test", log::Level::kInfo, clock,
                     [&lines](absl::string_view line) { lines += std::string(line) + "\n"; });
  auto endpoints = *app::OperatorEndpoints::Start({}, &registry);
  StoreWatch watch(*endpoints, registry, logger);
  EXPECT_FALSE(watch.IsServing());
  watch.SetServing(true);
  EXPECT_TRUE(watch.IsServing());
  watch.OnFailed("I/O error");
  EXPECT_FALSE(watch.IsServing());
  watch.SetServing(true);
  EXPECT_FALSE(watch.IsServing());
  EXPECT_THAT(lines, testing::HasSubstr("store_failed"));
  watch.OnDamagedMessage("m", 7);
  EXPECT_THAT(lines, testing::HasSubstr("\"message_id\":7"));
  EXPECT_THAT(registry.Render(), testing::HasSubstr("restante_mailstore_damaged_records_total 1"));
}

}  // namespace
}  // namespace restante::mailstore
