#ifndef RESTANTE_AUTH_SERVICE_APP_CONFIG_H_
#define RESTANTE_AUTH_SERVICE_APP_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth-service/logon/decider.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "auth-service/oauth/token_verifier.h"
#include "auth-service/scram/keys.h"
#include "common/app/operator_endpoints.h"
#include "common/crypto/key_ring.h"
#include "common/log/logger.h"
#include "common/rpc/tls_files.h"

namespace restante::logon {

// A directory of keys and which of them seals; empty for the last in byte order.
struct KeyDirectory {
  std::string path;
  std::string active;
};

// An auth service's configuration with every default applied; restante.config.v1.AuthConfig says
// what each key means.
struct Config {
  bool development_mode = false;
  std::string data_directory;
  std::string rpc_address;
  std::string management_address;  // empty for none
  rpc::TlsFiles tls;
  KeyDirectory sealed_state_keys;
  KeyDirectory credential_keys;
  std::string grant_key_directory;
  ntlm::ServerNames server_names;
  ntlm::ChannelBindingRules channel_bindings;
  NameSettings names;
  std::string default_placement = "mailstore-0";
  app::OperatorEndpointAddresses endpoints;
  log::Level log_level = log::Level::kInfo;
  absl::Duration drain_grace = absl::Seconds(10);
  std::optional<oauth::TokenRules> token_rules;  // nullopt: no tokens
  std::string token_key_set;                     // the issuer's keys
  uint32_t scram_iterations = scram::kLeastIterations;
  absl::Duration deleted_accounts_kept = absl::Hours(720);
  absl::Duration audit_retention = absl::Hours(8760);
  std::string backup_directory;  // empty: no backups
};

// INVALID_ARGUMENT or NOT_FOUND that names file, line, key and what was expected.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Everything that an auth service seals with.
struct Keys {
  KeyRing sealed_state;
  KeyRing credential;
  std::map<std::string, KeyRing> grants;  // by placement; at least one
};

// As app::LoadKeyRing; besides, NOT_FOUND for a directory without placements.
absl::StatusOr<Keys> LoadKeys(const Config& config);

// Whether the files that the configuration names can be used. Changes nothing.
absl::Status CheckFiles(const Config& config);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_APP_CONFIG_H_
