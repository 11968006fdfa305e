#include "mailstore-service/app/config.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/app/config_sections.h"
#include "common/app/key_files.h"
#include "common/base/status_macros.h"
#include "common/config/config.h"
#include "common/rpc/placement_router.h"
#include "restante/config/v1/mailstore.pb.h"

namespace restante::mailstore {
namespace {

using restante::config::v1::MailstoreConfig;
using restante::config::v1::StoreLimits;

constexpr int64_t kReservedOctets = int64_t{256} << 20;

void ApplyStoreLimits(const StoreLimits& limits, Config* config) {
  if (limits.max_message_octets() > 0) {
    config->store.max_message_octets = limits.max_message_octets();
  }
  if (limits.block_cache_octets() > 0) {
    config->store.block_cache_octets = static_cast<size_t>(limits.block_cache_octets());
  }
  if (limits.worker_threads() > 0) {
    config->worker_threads = static_cast<size_t>(limits.worker_threads());
  }
  if (limits.max_waiting_calls() > 0) {
    config->max_waiting_calls = static_cast<size_t>(limits.max_waiting_calls());
  }
  config->store.defaults.limits = {limits.default_max_octets(), limits.default_max_messages()};
  config->store.defaults.retention = {absl::Hours(24) * limits.default_after_delivery_days(),
                                      absl::Hours(24) * limits.default_after_read_days()};
  config->store.reserved_octets =
      limits.has_reserved_octets() ? limits.reserved_octets() : kReservedOctets;
  app::SetDuration(limits.deleted_mailboxes_kept(), limits.has_deleted_mailboxes_kept(),
                   &config->store.kept.deleted_mailboxes);
  app::SetDuration(limits.retention_interval(), limits.has_retention_interval(),
                   &config->retention_interval);
  app::SetDuration(limits.deleted_messages_kept(), limits.has_deleted_messages_kept(),
                   &config->store.kept.deleted_messages);
  app::SetDuration(limits.sweep_interval(), limits.has_sweep_interval(), &config->sweeper.interval);
}

absl::Status CheckDirectory(absl::string_view key, const std::string& directory) {
  const std::filesystem::path path(directory);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    if (access(path.c_str(), R_OK | W_OK | X_OK) == 0) return absl::OkStatus();
    return absl::PermissionDeniedError(
        absl::StrCat(key, " ", directory, ": ", strerror(errno),
                     "; give it to the user that runs restante-mailstore: chown USER ", directory));
  }
  if (std::filesystem::exists(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, " ", directory, " is not a directory; name another one"));
  }
  // "/var/lib/store/" has an empty last part.
  const std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
  const std::filesystem::path parent =
      whole.has_filename() ? whole.parent_path() : whole.parent_path().parent_path();
  if (access(parent.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(key, " ", directory, " is not there and cannot be made in ", parent.string(),
                   ": ", strerror(errno), "; make it: mkdir -p ", directory));
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  MailstoreConfig file;
  RESTANTE_ASSIGN_OR_RETURN(const config::KeyLines lines, config::LoadYamlFile(path, &file));
  if (!rpc::PlacementRouter::IsPlacement(file.placement())) {
    return lines.Error("placement", "1 to 63 of [a-z0-9-]", file.placement());
  }
  Config config;
  config.development_mode = file.development_mode();
  config.placement = file.placement();
  config.rpc_address = file.rpc_address();
  config.management_address = file.management_address();
  config.tls = rpc::ToTlsFiles(file.tls());
  config.grant_key_directory = file.grant_keys().directory();
  config.active_grant_key = file.grant_keys().active();
  config.endpoints = {file.metrics().address(), file.health().address()};
  config.log_level = app::ToLogLevel(file.log());
  config.store.directory = file.data_directory();
  ApplyStoreLimits(file.store(), &config);
  app::SetDuration(file.audit_retention(), file.has_audit_retention(),
                   &config.store.kept.audit_entries);
  config.backups.directory = file.backup_directory();
  if (file.backups_kept() > 0) config.backups.kept = static_cast<size_t>(file.backups_kept());
  app::SetDuration(file.drain_grace(), file.has_drain_grace(), &config.drain_grace);
  return config;
}

absl::Status CheckFiles(const Config& config) {
  RESTANTE_RETURN_IF_ERROR(rpc::CheckTlsFiles(config.tls));
  RESTANTE_RETURN_IF_ERROR(
      app::LoadKeyRing(config.grant_key_directory, config.active_grant_key).status());
  RESTANTE_RETURN_IF_ERROR(CheckDirectory("data_directory", config.store.directory));
  if (config.backups.directory.empty()) return absl::OkStatus();
  return CheckDirectory("backup_directory", config.backups.directory);
}

}  // namespace restante::mailstore
