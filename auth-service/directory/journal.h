#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_JOURNAL_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_JOURNAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/protocol_policy.h"
#include "common/audit/trail.h"

namespace restante::directory {

// A write that succeeded under a request id, and its answer: one of account and policy, or neither
// for a deletion.
struct RememberedRequest {
  std::string request_id;
  std::string fingerprint;  // SHA-256 of what was asked; says whether a repeat asks the same
  absl::Time time;
  AccountPtr account;
  std::optional<ProtocolPolicy> policy;
};

// What one write changes: all of it becomes durable, or none.
struct DirectoryChange {
  uint64_t revision = 0;  // the directory's, after this change
  std::vector<AccountPtr> put_accounts;
  std::string removed_account;  // empty: none
  std::optional<ProtocolPolicy> policy;
  std::optional<RememberedRequest> request;
  std::vector<std::string> forgotten_requests;  // request ids
  std::vector<audit::Entry> audit;              // numbered on from the last change's
};

// Everything a journal holds, to start from.
struct DirectoryContents {
  uint64_t revision = 0;
  std::vector<AccountPtr> accounts;
  std::vector<ProtocolPolicy> policies;
  std::vector<RememberedRequest> requests;
  uint64_t purge_revision = 0;  // of the last change that removed an account
  audit::Numbers audit = {};
};

// Where IndexedDirectory puts its changes. Called by one thread at a time.
class Journal {
 public:
  virtual ~Journal() = default;

  // OK when the change is durable. RESOURCE_EXHAUSTED/STORE_FULL when nothing was written for want
  // of room; INTERNAL/STORE_FAILED when it is unknown, and from then on for every call.
  virtual absl::Status Commit(const DirectoryChange& change) = 0;

  // As Directory::Backup.
  virtual absl::Status Backup(const std::string& path) const = 0;

  // Its entries, to read and to drop; Commit adds them. Lives as long as this.
  virtual audit::EntryStorage& audit() = 0;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_JOURNAL_H_
