#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "common/app/key_files.h"
#include "common/app/process.h"
#include "common/app/program_options.h"
#include "common/app/shutdown_signals.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"

namespace restante::app {
namespace {

class KeyFiles : public testing::Test {
 protected:
  KeyFiles() {
    directory_ = testing::TempDir() + "keys-XXXXXX";
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
  }
  ~KeyFiles() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }

  static std::string Digits(char digit) { return std::string(64, digit); }

  std::string directory_;
};

TEST_F(KeyFiles, LastInByteOrderIsActiveUnlessOneIsNamed) {
  Write("2025-01.key", Digits('1') + "\n");
  Write("2025-02.key", Digits('a'));
  Write("README", "not a key");
  Write(".hidden.key", "not a key either");
  auto ring = LoadKeyRing(directory_, "");
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->active_id(), "2025-02");
  EXPECT_EQ(ring->active_key().view(), std::string(32, '\xaa'));
  EXPECT_EQ(ring->Find("2025-01")->view(), std::string(32, '\x11'));

  ring = LoadKeyRing(directory_, "2025-01");
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->active_id(), "2025-01");
}

TEST_F(KeyFiles, RefusesAKeyThatOthersCanRead) {
  for (const mode_t mode : {0604, 0602, 0601}) {
    Write("a.key", Digits('1') + "\n", mode);
    const absl::Status status = LoadKeyRing(directory_, "").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_TRUE(absl::StrContains(status.message(), directory_ + "/a.key")) << status;
  }
  Write("a.key", Digits('1') + "\n", 0640);
  EXPECT_TRUE(LoadKeyRing(directory_, "").ok());
}

TEST_F(KeyFiles, RefusesMalformedKeysWithoutShowingThem) {
  for (const std::string& text :
       {std::string(), Digits('1').substr(1), Digits('1') + "1", Digits('1') + "\n\n",
        Digits('1') + "\r\n", Digits('g'), " " + Digits('1')}) {
    Write("a.key", text);
    const absl::Status status = LoadKeyRing(directory_, "").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StrContains(status.message(), "openssl rand -hex 32")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "1111")) << status;
  }
}

TEST_F(KeyFiles, SaysWhatIsMissing) {
  EXPECT_EQ(LoadKeyRing(directory_, "").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadKeyRing(directory_ + "/none", "").status().code(), absl::StatusCode::kNotFound);
  Write("a.key", Digits('1'));
  const absl::Status status = LoadKeyRing(directory_, "b").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), directory_)) << status;
}

std::variant<ProgramOptions, ExitCode> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "restante-x");
  return ParseProgramOptions({"restante-x",
                              "Does x.",
                              "/etc/restante/x.yaml",
                              "docs/configuration.md",
                              {{"--look", "", "Look"}, {"--restore", "ID", "Restore"}}},
                             static_cast<int>(arguments.size()), arguments.data());
}

TEST(ProgramOptions, TakesWhatEveryProgramTakes) {
  auto options = Parse({});
  EXPECT_EQ(std::get<ProgramOptions>(options).config_path, "/etc/restante/x.yaml");
  EXPECT_FALSE(std::get<ProgramOptions>(options).check_config);
  options = Parse({"--config", "x.yaml", "--check-config"});
  EXPECT_EQ(std::get<ProgramOptions>(options).config_path, "x.yaml");
  EXPECT_TRUE(std::get<ProgramOptions>(options).check_config);
}

TEST(ProgramOptions, ATaskIsDoneInPlaceOfServing) {
  EXPECT_EQ(std::get<ProgramOptions>(Parse({})).task, "");
  EXPECT_EQ(std::get<ProgramOptions>(Parse({"--look"})).task, "--look");
  ProgramOptions options = std::get<ProgramOptions>(Parse({"--restore", "--config", "x.yaml"}));
  EXPECT_EQ(options.task, "--restore");
  EXPECT_EQ(options.task_value, "");
  EXPECT_EQ(options.config_path, "x.yaml");
  options = std::get<ProgramOptions>(Parse({"--restore", "7"}));
  EXPECT_EQ(options.task, "--restore");
  EXPECT_EQ(options.task_value, "7");
  testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<ExitCode>(Parse({"--look", "--restore", "7"})).value, 2);
  testing::internal::GetCapturedStderr();
}

TEST(ProgramOptions, AnswersItself) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<ExitCode>(Parse({"--help"})).value, 0);
  const std::string help = testing::internal::GetCapturedStdout();
  for (const char* text : {"--config FILE", "--check-config", "SIGTERM", "docs/configuration.md"}) {
    EXPECT_TRUE(absl::StrContains(help, text)) << help;
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<ExitCode>(Parse({"--version"})).value, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), std::string("restante-x ") + Version() + "\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<ExitCode>(Parse({"--confg", "x"})).value, 2);
  EXPECT_TRUE(absl::StrContains(testing::internal::GetCapturedStderr(), "--confg"));
}

TEST(ShutdownSignals, TellsTerminateFromReload) {
  ShutdownSignals signals;
  kill(getpid(), SIGHUP);
  EXPECT_EQ(signals.Wait(), Signal::kReload);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(signals.Wait(), Signal::kTerminate);
  kill(getpid(), SIGINT);
  EXPECT_EQ(signals.Wait(), Signal::kTerminate);
  kill(getpid(), SIGPIPE);
}

TEST(ShutdownSignals, AThreadCanInterruptTheWait) {
  ShutdownSignals signals;
  std::thread thread([&] { signals.Interrupt(); });
  EXPECT_EQ(signals.Wait(), Signal::kTerminate);
  thread.join();
}

TEST(Process, LeavesNoCore) {
  ForbidCoreDumps();
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  EXPECT_EQ(limit.rlim_max, 0u);
  EXPECT_EQ(prctl(PR_GET_DUMPABLE), 0);
}

TEST(SystemClock, GoesForward) {
  const SystemClock clock;
  const absl::Duration before = clock.MonotonicNow();
  EXPECT_LE(before, clock.MonotonicNow());
  EXPECT_GT(clock.WallNow(), absl::FromUnixSeconds(1'700'000'000));
}

TEST(SystemRandom, NeverRepeats) {
  SystemRandom random;
  EXPECT_EQ(random.Bytes(0), "");
  EXPECT_EQ(random.Bytes(33).size(), 33u);
  EXPECT_NE(random.Bytes(16), random.Bytes(16));
}

}  // namespace
}  // namespace restante::app
