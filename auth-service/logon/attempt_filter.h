#ifndef RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_
#define RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/logon/attempt.h"
#include "common/base/field_filter.h"

namespace restante::logon {

// Which attempts a caller asks for, by the fields of
// restante.auth.v1.ListLogonEventsRequest.filter. Immutable.
class AttemptFilter {
 public:
  // As FieldFilter::Parse.
  static absl::StatusOr<AttemptFilter> Parse(absl::string_view text);

  bool Matches(const Attempt& attempt) const;

 private:
  explicit AttemptFilter(FieldFilter filter) : filter_(std::move(filter)) {}

  FieldFilter filter_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_
