#include "auth-service/app/app.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "auth-service/app/attempt_record.h"
#include "auth-service/app/directory_sweeper.h"
#include "auth-service/app/key_set_file.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/rocksdb/rocksdb_directory.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/scram_lookup.h"
#include "auth-service/rpc/access.h"
#include "auth-service/rpc/directory_service.h"
#include "auth-service/rpc/faults.h"
#include "auth-service/rpc/jobs.h"
#include "auth-service/rpc/logon_service.h"
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
#include "common/rpc/worker_pool.h"

namespace restante::logon {
namespace {

// In the order in which clients are told of them: first what tells nobody in between anything, then
// passwords, then what a client uses only when its user chose it.
std::vector<std::unique_ptr<sasl::Mechanism>> MakeMechanisms(
    const Config& config, const oauth::TokenVerifier* tokens,
    const sasl::FindScramParameters& find_scram_parameters, const Clock& clock, Random& random) {
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms;
  mechanisms.push_back(sasl::NewExternalMechanism());
  for (const bool plus : {true, false}) {
    mechanisms.push_back(sasl::NewScramMechanism(plus, find_scram_parameters, random));
  }
  mechanisms.push_back(sasl::NewNtlmMechanism(config.server_names, clock, random));
  mechanisms.push_back(sasl::NewPlainMechanism());
  mechanisms.push_back(sasl::NewLoginMechanism());
  if (tokens == nullptr) return mechanisms;
  mechanisms.push_back(sasl::NewOauthBearerMechanism(*tokens));
  mechanisms.push_back(sasl::NewXoauth2Mechanism(*tokens));
  return mechanisms;
}

// Until an operator says otherwise: every mechanism, and only under TLS. Not those with channel
// binding: clients of GNU SASL, mutt and neomutt among them, take them for the strongest, cannot do
// them, and give up.
directory::ProtocolPolicy DefaultPolicy(
    const std::vector<std::unique_ptr<sasl::Mechanism>>& mechanisms) {
  directory::ProtocolPolicy policy;
  policy.protocol = "pop3";
  for (const auto& mechanism : mechanisms) {
    policy.mechanisms.push_back({.mechanism = std::string(mechanism->name()),
                                 .enabled = !mechanism->needs_channel_binding(),
                                 .require_tls = true,
                                 .client_first = mechanism->client_first(),
                                 .needs_channel_binding = mechanism->needs_channel_binding(),
                                 .needs_certificate = mechanism->needs_certificate()});
  }
  return policy;
}

void WarnAtStart(const Config& config, const directory::Directory& directory,
                 const directory::CredentialVault& vault, const log::Logger& logger) {
  if (config.development_mode) {
    logger.Warn("development_mode",
                {{"meaning", "clients on the loopback interface may log on without TLS"}});
  }
  for (const directory::MissingKey& missing : FindMissingKeys(directory, vault)) {
    logger.Error("credential_key_missing",
                 {{"key_id", missing.key_id},
                  {"accounts_without_logon", missing.accounts},
                  {"next_step", "put the key back, or set these accounts' credentials anew"}});
  }
}

rpc::ServerDescription DescribeServer(const Config& config) {
  rpc::ServerDescription description{
      .program = "restante-auth",
      .version = std::string(app::Version()),
      .features = {"accounts.import", "accounts.soft_delete", "accounts.watch", "audit",
                   "credentials.rewrap", "logons.diagnose", "logons.watch", "operations"},
      .limits = {
          {"page_size", 1'000},
          {"import.items", 1'000},
          {"import.message_octets", 4 << 20},
          {"message_octets", 16 << 20},
          {"watches", rpc::DirectoryService::kMaxWatches},
          {"audit.entries", audit::kMaxEntries},
          {"audit.retention_seconds", absl::ToInt64Seconds(config.audit_retention)},
          {"deleted_accounts_kept_seconds", absl::ToInt64Seconds(config.deleted_accounts_kept)}}};
  if (!config.backup_directory.empty()) description.features.insert("directory.backup");
  if (config.token_rules) description.features.insert("logons.tokens");
  return description;
}

void SayStarted(const log::Logger& logger, const rpc::Server& server,
                const rpc::Server* management) {
  logger.Info("started", {{"version", app::Version()},
                          {"rpc_port", server.port()},
                          {"management_port", management == nullptr ? 0 : management->port()}});
}

// nullptr when the configuration has no address for it.
absl::StatusOr<std::unique_ptr<rpc::Server>> StartManagement(
    const Config& config, const std::vector<grpc::Service*>& services) {
  if (config.management_address.empty()) return std::unique_ptr<rpc::Server>();
  return rpc::Server::Start(
      {config.management_address, config.tls, rpc::AuthManagementAccess(), /*reflection=*/true},
      services);
}

}  // namespace

absl::Status Run(const Config& config, app::ShutdownSignals* signals) {
  app::SystemClock clock;
  app::SystemRandom random;
  log::Logger logger("restante-auth", config.log_level, clock);
  rpc::GrpcLog grpc_log(logger);
  const rpc::PollingThreadLimit polling_threads;
  metrics::Registry registry;
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<app::OperatorEndpoints> endpoints,
                            app::OperatorEndpoints::Start(config.endpoints, &registry));
  RESTANTE_ASSIGN_OR_RETURN(Keys keys, LoadKeys(config));

  std::unique_ptr<KeySetFile> token_keys;
  std::optional<oauth::TokenVerifier> tokens;
  if (config.token_rules) {
    RESTANTE_ASSIGN_OR_RETURN(token_keys, KeySetFile::Load(config.token_key_set));
    tokens.emplace(*config.token_rules, *token_keys, clock);
  }
  const KeySetReloader token_keys_reloader(token_keys.get(), config.token_key_set, logger);
  // Made once there is a directory, whose policy lists the mechanisms, to look into.
  std::optional<ScramLookup> scram_lookup;
  const auto mechanisms = MakeMechanisms(
      config, tokens ? &*tokens : nullptr,
      [&scram_lookup](absl::string_view protocol, absl::string_view name) {
        return scram_lookup->Find(protocol, name);
      },
      clock, random);
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<directory::Directory> directory,
                            directory::OpenRocksDbDirectory(
                                config.data_directory, {DefaultPolicy(mechanisms)}, clock, random));
  directory::CredentialVault vault(std::move(keys.credential), random, config.scram_iterations);
  WarnAtStart(config, *directory, vault, logger);

  authority::LocalAuthority authority(vault, config.channel_bindings, random);
  Decider decider(*directory, config.names);
  scram_lookup.emplace(*directory, decider, authority);
  Throttle throttle(clock);
  RecentAttempts recent;
  AttemptRecord record(&recent, logger, &registry, clock);
  LogonFlow flow({*directory, authority, mechanisms, decider, throttle, record, keys.sealed_state,
                  keys.grants, clock, random},
                 {.netbios_domain = config.server_names.netbios_domain,
                  .development_mode = config.development_mode});

  rpc::LogonService logons(flow, *directory);
  // For what waits for the disk, and for keys out of passwords: one goes on answering while an
  // import makes those.
  rpc::WorkerPool workers(/*threads=*/2, /*max_waiting=*/100);
  const rpc::JobParts job_parts{*directory, vault, config.backup_directory, clock};
  RESTANTE_ASSIGN_OR_RETURN(
      const std::unique_ptr<operations::Operations> operations,
      operations::Operations::OpenIn(config.data_directory + "/operations",
                                     rpc::MakeDirectoryJobs(job_parts), clock, random, logger));
  operations::OperationsService operations_service(*operations, {"key-admin"}, workers);
  rpc::DirectoryService accounts(
      {*directory, vault, flow, recent, authority, throttle, keys.grants, workers, *operations,
       clock, logger},
      {config.default_placement, config.deleted_accounts_kept, config.backup_directory});
  rpc::AuditService audit(*directory, workers);
  rpc::ServerInfoService info(
      DescribeServer(config), rpc::AuthManagementAccess(),
      [&] { return rpc::FindFaults(*directory, vault, config.development_mode); }, clock);
  const DirectorySweeper sweeper(directory.get(), config.audit_retention, clock, logger);
  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<rpc::Server> server,
      rpc::Server::Start({config.rpc_address, config.tls, rpc::AuthDataAccess()}, {&logons}));
  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<rpc::Server> management,
      StartManagement(config, {&accounts, &audit, &operations_service, &info}));
  endpoints->SetReady(true);
  SayStarted(logger, *server, management.get());

  // Certificates are watched, and keys of our own come with a restart.
  while (signals->Wait() == app::Signal::kReload) token_keys_reloader.ReloadNow();
  logger.Info("draining", {{"grace", config.drain_grace}});
  endpoints->SetReady(false);
  logons.Drain();
  accounts.Drain();
  operations->Stop();
  server->Shutdown(config.drain_grace);
  if (management != nullptr) management->Shutdown(absl::ZeroDuration());
  logger.Info("stopped");
  return absl::OkStatus();
}

}  // namespace restante::logon
