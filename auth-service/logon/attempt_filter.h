#ifndef RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_
#define RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/field_filter.h"
#include "auth-service/logon/attempt.h"

namespace restante::logon {

// Which attempts a caller asks for, by the fields of
// restante.auth.v1.ListLogonEventsRequest.filter. Immutable.
class AttemptFilter {
 public:
  // As directory::FieldFilter::Parse.
  static absl::StatusOr<AttemptFilter> Parse(absl::string_view text);

  bool Matches(const Attempt& attempt) const;

 private:
  explicit AttemptFilter(directory::FieldFilter filter) : filter_(std::move(filter)) {}

  directory::FieldFilter filter_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_FILTER_H_
