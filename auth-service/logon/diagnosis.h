#ifndef RESTANTE_AUTH_SERVICE_LOGON_DIAGNOSIS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_DIAGNOSIS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "auth-service/authority/authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "auth-service/logon/attempt.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/recent_attempts.h"
#include "auth-service/logon/throttle.h"
#include "common/crypto/key_ring.h"

// Why a person cannot log on: everything that auth knows and that bears on it, in one answer.
namespace restante::logon {

inline constexpr size_t kMaxObstacles = 32;
inline constexpr size_t kMaxAttemptsShown = 20;

// What stands in the way.
struct Obstacle {
  std::string cause;      // upper case, for programs: restante.auth.v1.LogonObstacle.cause
  std::string finding;    // for a person
  std::string next_step;  // likewise
  bool certain = false;   // whether every logon fails until it is mended
};

// How failures of the name from one address are slowed.
struct SlowedAddress {
  std::string client_address;
  Throttle::Slowing slowing;
};

struct Diagnosis {
  Attempt explained;                // how the logon would be decided with a right proof
  std::vector<Obstacle> obstacles;  // most telling first; none twice by cause
  directory::AccountPtr account;    // who is meant; nullptr when the name leads to nobody
  std::string matched_by;           // by which rule, or how else
  std::vector<std::shared_ptr<const Attempt>> attempts;  // the last ones, newest first
  std::vector<SlowedAddress> slowed;  // for each address in attempts and the one asked for
  bool placement_known = false;       // whether grants can be made for the account's mailbox
};

// What is looked into. Everything outlives the call.
struct DiagnosisParts {
  const directory::Directory& directory;
  const directory::CredentialVault& vault;
  const authority::Authority& authority;
  const LogonFlow& flow;
  const RecentAttempts& attempts;
  const Throttle& throttle;
  const std::map<std::string, KeyRing>& grant_keys;  // by placement
};

// `logon.client_name` may be any name, alias or address of the person, or accounts/ID. Changes
// nothing. NOT_FOUND for a protocol without policy. Thread-safe.
absl::StatusOr<Diagnosis> Diagnose(const DiagnosisParts& parts, const HypotheticalLogon& logon);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_DIAGNOSIS_H_
