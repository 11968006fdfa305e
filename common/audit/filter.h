#ifndef RESTANTE_COMMON_AUDIT_FILTER_H_
#define RESTANTE_COMMON_AUDIT_FILTER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/audit/entry.h"
#include "common/base/field_filter.h"

namespace restante::audit {

// Which audit entries a caller asks for, as restante.common.v1.ListAuditEntriesRequest.filter
// describes it. Immutable.
class Filter {
 public:
  // As FieldFilter::Parse.
  static absl::StatusOr<Filter> Parse(absl::string_view text);

  bool Matches(const Entry& entry) const;

 private:
  explicit Filter(FieldFilter filter) : filter_(std::move(filter)) {}

  FieldFilter filter_;
};

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_FILTER_H_
