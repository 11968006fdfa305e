#include "pop3-frontend/app/config_reloader.h"

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/config/differences.h"

namespace restante::pop3 {
namespace {

bool ChangesWhileRunning(absl::string_view key) {
  if (absl::StrContains(key, "read_ahead_octets")) return false;
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
    : logger_(logger),
      apply_(std::move(apply)),
      path_(running.path),
      started_with_(running),
      running_(running),
      watch_({path_}, loop, [this] { ReloadNow(); }) {}

void ConfigReloader::ReloadNow() {
  MutexLock lock(&mutex_);
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
