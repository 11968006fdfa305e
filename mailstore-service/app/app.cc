#include "mailstore-service/app/app.h"

#include <malloc.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/app/key_files.h"
#include "common/app/program_options.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/audit/entry.h"
#include "common/base/status_macros.h"
#include "common/operations/operations.h"
#include "common/operations/operations_service.h"
#include "common/rpc/audit_service.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/polling_thread_limit.h"
#include "common/rpc/server.h"
#include "common/rpc/server_info_service.h"
#include "mailstore-service/app/store_watch.h"
#include "mailstore-service/maintenance/retention.h"
#include "mailstore-service/rpc/access.h"
#include "mailstore-service/rpc/delivery_service.h"
#include "mailstore-service/rpc/mailbox_service.h"
#include "mailstore-service/rpc/maildrop_service.h"

namespace restante::mailstore {
namespace {

// Mail is for the eyes of this program's user alone, whatever the library would make.
absl::Status MakeDataDirectory(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::create_directory(directory, error)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot make data_directory ", directory, ": ", error.message()));
}

std::vector<rpc::ServerFinding> FindFaults(const Config& config) {
  if (!config.development_mode) return {};
  return {{"DEVELOPMENT_MODE", "the mailstore runs with the settings of a developer's machine",
           "take development_mode out of its configuration and restart it"}};
}

rpc::ServerDescription DescribeServer(const Config& config) {
  return {
      .program = "restante-mailstore",
      .version = std::string(app::Version()),
      .features = {"audit", "mailboxes.backup", "mailboxes.break_lease", "mailboxes.retention",
                   "mailboxes.undelete", "mailboxes.verify", "messages.export", "messages.import",
                   "messages.undelete", "operations"},
      .limits = {{"page_size", 1'000},
                 {"batch_names", 1'000},
                 {"audit.entries", audit::kMaxEntries},
                 {"audit.retention_seconds", absl::ToInt64Seconds(config.store.kept.audit_entries)},
                 {"deleted_messages_kept_seconds",
                  absl::ToInt64Seconds(config.store.kept.deleted_messages)},
                 {"deleted_mailboxes_kept_seconds",
                  absl::ToInt64Seconds(config.store.kept.deleted_mailboxes)},
                 {"message_octets", 16 << 20}}};
}

// By itself the allocator learns from each block that is freed to keep blocks of its size, in each
// of the pools that its threads have. What the store's write buffers were made of is given back
// instead, and of what pieces of large messages took a few stay in each pool.
void KeepFreedMemoryLow() {
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kMebibyte);
  mallopt(M_TRIM_THRESHOLD, kMebibyte);
}

}  // namespace

absl::Status Run(const Config& config, app::ShutdownSignals* signals) {
  KeepFreedMemoryLow();
  app::SystemClock clock;
  app::SystemRandom random;
  log::Logger logger("restante-mailstore", config.log_level, clock);
  rpc::GrpcLog grpc_log(logger);
  const rpc::PollingThreadLimit polling_threads;
  if (config.development_mode) {
    logger.Warn("development_mode",
                {{"meaning", "this configuration is for a developer's machine"}});
  }
  metrics::Registry registry;
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<app::OperatorEndpoints> endpoints,
                            app::OperatorEndpoints::Start(config.endpoints, &registry));
  RESTANTE_ASSIGN_OR_RETURN(const KeyRing grant_keys,
                            app::LoadKeyRing(config.grant_key_directory, config.active_grant_key));

  StoreWatch watch(*endpoints, registry, logger);
  RESTANTE_RETURN_IF_ERROR(MakeDataDirectory(config.store.directory));
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<RocksdbStore> store,
                            OpenRocksdbStore(config.store, clock, random, &watch));
  const Sweeper sweeper(
      config.sweeper, [&store](size_t limit) { return store->Sweep(limit); }, registry, logger);
  const RetentionRounds retention(config.retention_interval, *store, registry, logger);

  ServiceMetrics metrics(registry);
  rpc::WorkerPool workers(config.worker_threads, config.max_waiting_calls);
  MaildropService maildrops({*store, grant_keys, workers, metrics, logger, clock},
                            config.placement);
  DeliveryService deliveries({*store, workers, metrics, logger});
  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<operations::Operations> operations,
      operations::Operations::OpenIn(config.store.directory + "/operations",
                                     MakeMailboxJobs({*store, config.backups, clock}), clock,
                                     random, logger));
  operations::OperationsService operations_service(*operations, {"mail-admin"}, workers);
  MailboxService mailboxes({*store, workers, *operations, clock, logger},
                           !config.backups.directory.empty());
  rpc::AuditService audit(*store, workers);
  rpc::ServerInfoService info(
      DescribeServer(config), MailstoreManagementAccess(), [&config] { return FindFaults(config); },
      clock);

  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<rpc::Server> server,
      rpc::Server::Start({config.rpc_address, config.tls, MailstoreDataAccess()},
                         {&maildrops, &deliveries}));
  std::unique_ptr<rpc::Server> management;
  if (!config.management_address.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(management,
                              rpc::Server::Start({config.management_address, config.tls,
                                                  MailstoreManagementAccess(), /*reflection=*/true},
                                                 {&mailboxes, &audit, &operations_service, &info}));
  }
  watch.SetServing(true);
  logger.Info("started", {{"version", app::Version()},
                          {"placement", config.placement},
                          {"rpc_port", server->port()},
                          {"management_port", management == nullptr ? 0 : management->port()}});

  // There is nothing to reload: certificates are watched, and keys come with a restart.
  while (signals->Wait() == app::Signal::kReload) logger.Info("reload_has_no_effect");
  logger.Info("draining", {{"grace", config.drain_grace}});
  watch.SetServing(false);
  operations->Stop();
  server->Shutdown(config.drain_grace);
  if (management != nullptr) management->Shutdown(absl::ZeroDuration());
  logger.Info("stopped");
  return absl::OkStatus();
}

}  // namespace restante::mailstore
