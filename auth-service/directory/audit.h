#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/protocol_policy.h"

// What is kept of each change, so that an operator can see who made it.
namespace restante::directory {

// The last that are kept, whatever their age.
inline constexpr size_t kMaxAuditEntries = 1'000'000;

// Who writes, and by what.
struct Author {
  std::string caller;  // the URI name in a certificate, or the program's own name
  std::string method;  // "UpdateAccount"
};

// One field before and after; each list is empty where the field was. No secrets.
struct FieldChange {
  std::string field;  // as restante.auth.v1.AuditFieldChange.field
  std::vector<std::string> old_values;
  std::vector<std::string> new_values;

  bool operator==(const FieldChange&) const = default;
};

// One change of one account or policy.
struct AuditEntry {
  uint64_t number = 0;  // from 1, without gaps, in the order of the changes
  absl::Time time;
  Author author;
  std::string resource;    // "accounts/jsmith"
  std::string request_id;  // empty: none
  std::vector<FieldChange> changes;
};

// What `after` says otherwise than `before`, by field; nullptr for an account that is not there.
std::vector<FieldChange> FieldChanges(const Account* before, const Account* after);
std::vector<FieldChange> FieldChanges(const ProtocolPolicy& before, const ProtocolPolicy& after);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_H_
