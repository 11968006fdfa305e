#include "pop3-frontend/app/config_reloader.h"

#include <google/protobuf/message.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/config/differences.h"

namespace restante::pop3 {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);

bool ChangesWhileRunning(absl::string_view key) {
  if (absl::EndsWith(key, "read_ahead_octets")) return false;
  return key == "clients" || absl::StartsWith(key, "clients.") || key == "ntlm_ready_is_ok" ||
         key == "drain_grace" || key == "log" || key == "log.level";
}

std::vector<std::string> Select(const std::vector<std::string>& keys, bool change_while_running) {
  std::vector<std::string> selected;
  for (const std::string& key : keys) {
    if (ChangesWhileRunning(key) == change_while_running) selected.push_back(key);
  }
  return selected;
}

}  // namespace

ConfigReloader::ConfigReloader(const Config& running, net::EventLoop* loop,
                               const log::Logger& logger,
                               std::function<void(const Config& fresh)> apply)
    : loop_(*loop),
      logger_(logger),
      apply_(std::move(apply)),
      path_(running.path),
      started_with_(running),
      running_(running),
      stamp_(StampOfFile()) {
  loop_.Post([this] { Schedule(); });
}

ConfigReloader::~ConfigReloader() {
  Mutex mutex;
  CondVar done;
  bool cancelled = false;
  loop_.Post([&] {
    timer_.Cancel();
    MutexLock lock(&mutex);
    cancelled = true;
    done.SignalAll();
  });
  MutexLock lock(&mutex);
  while (!cancelled) done.Wait(&mutex);
}

ConfigReloader::Stamp ConfigReloader::StampOfFile() const {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

void ConfigReloader::Schedule() {
  timer_ = loop_.After(kInterval, [this] {
    ReloadIfChanged();
    Schedule();
  });
}

void ConfigReloader::ReloadIfChanged() {
  MutexLock lock(&mutex_);
  Stamp stamp = StampOfFile();
  if (stamp == stamp_) return;
  stamp_ = stamp;
  Reload();
}

void ConfigReloader::ReloadNow() {
  MutexLock lock(&mutex_);
  stamp_ = StampOfFile();
  Reload();
}

absl::Duration ConfigReloader::drain_grace() {
  MutexLock lock(&mutex_);
  return running_.drain_grace;
}

void ConfigReloader::Reload() {
  absl::StatusOr<Config> fresh = LoadConfig(path_);
  if (!fresh.ok()) {
    logger_.Error("config_not_reloaded", {{"error", fresh.status().message()}});
    return;
  }
  apply_(*fresh);
  Report(*fresh);
  running_ = *std::move(fresh);
}

void ConfigReloader::Report(const Config& fresh) {
  auto applied = Select(config::ChangedKeys(*running_.file, *fresh.file), true);
  auto waiting = Select(config::ChangedKeys(*started_with_.file, *fresh.file), false);
  logger_.Info("config_reloaded", {{"applied", absl::StrJoin(applied, " ")}});
  if (waiting.empty()) return;
  logger_.Warn("config_needs_restart", {{"keys", absl::StrJoin(waiting, " ")}});
}

}  // namespace restante::pop3
