#ifndef RESTANTE_MAILSTORE_SERVICE_APP_CONFIG_H_
#define RESTANTE_MAILSTORE_SERVICE_APP_CONFIG_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/operator_endpoints.h"
#include "common/log/logger.h"
#include "common/rpc/tls_files.h"
#include "mailstore-service/maintenance/sweeper.h"
#include "mailstore-service/rpc/mailbox_jobs.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"

namespace restante::mailstore {

// A mailstore's configuration with every default applied; restante.config.v1.MailstoreConfig says
// what each key means.
struct Config {
  bool development_mode = false;
  std::string placement;
  std::string rpc_address;
  std::string management_address;  // empty for none
  rpc::TlsFiles tls;
  std::string grant_key_directory;
  std::string active_grant_key;
  app::OperatorEndpointAddresses endpoints;
  log::Level log_level = log::Level::kInfo;
  RocksdbStoreOptions store;
  size_t worker_threads = 16;
  size_t max_waiting_calls = 10'000;
  SweeperOptions sweeper;
  absl::Duration retention_interval = absl::Hours(1);
  BackupOptions backups;
  absl::Duration drain_grace = absl::Seconds(2);
};

// INVALID_ARGUMENT or NOT_FOUND that names file, line, key and what was expected.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Whether the files and keys that the configuration names can be used, and the data directory be
// written or made. Changes nothing, and does not need the store to be stopped.
absl::Status CheckFiles(const Config& config);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_APP_CONFIG_H_
