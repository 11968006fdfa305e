#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_FILTER_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_FILTER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/audit.h"
#include "auth-service/directory/field_filter.h"

namespace restante::directory {

// Which audit entries a caller asks for, as restante.auth.v1.ListAuditEntriesRequest.filter
// describes it. Immutable.
class AuditFilter {
 public:
  // As FieldFilter::Parse.
  static absl::StatusOr<AuditFilter> Parse(absl::string_view text);

  bool Matches(const AuditEntry& entry) const;

 private:
  explicit AuditFilter(FieldFilter filter) : filter_(std::move(filter)) {}

  FieldFilter filter_;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_AUDIT_FILTER_H_
