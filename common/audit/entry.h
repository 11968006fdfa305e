#ifndef RESTANTE_COMMON_AUDIT_ENTRY_H_
#define RESTANTE_COMMON_AUDIT_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

// What is kept of each change, so that an operator can see who made it.
namespace restante::audit {

// The last that are kept, whatever their age.
inline constexpr size_t kMaxEntries = 1'000'000;

// Who writes, and by what.
struct Author {
  std::string caller;  // the URI name in a certificate, or the program's own name
  std::string method;  // "UpdateAccount"
};

// One field before and after; each list is empty where the field was. No secrets.
struct FieldChange {
  std::string field;  // as restante.common.v1.AuditFieldChange.field
  std::vector<std::string> old_values;
  std::vector<std::string> new_values;

  bool operator==(const FieldChange&) const = default;
};

// One change of one resource.
struct Entry {
  uint64_t number = 0;  // from 1, without gaps, in the order of the changes
  absl::Time time;
  Author author;
  std::string resource;    // "accounts/jsmith"
  std::string request_id;  // empty: none
  std::vector<FieldChange> changes;
};

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_ENTRY_H_
