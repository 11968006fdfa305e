#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"
#include "common/base/field_filter.h"

namespace restante::directory {

// Which accounts a caller asks for, by the fields of restante.auth.v1.ListAccountsRequest.filter.
// Immutable.
class AccountFilter {
 public:
  // As FieldFilter::Parse.
  static absl::StatusOr<AccountFilter> Parse(absl::string_view text);

  bool Matches(const Account& account) const;

 private:
  explicit AccountFilter(FieldFilter filter) : filter_(std::move(filter)) {}

  FieldFilter filter_;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_
