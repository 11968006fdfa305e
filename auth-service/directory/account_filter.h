#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/directory/account.h"

namespace restante::directory {

inline constexpr size_t kMaxFilterOctets = 1024;
inline constexpr size_t kMaxFilterComparisons = 16;

// Which accounts a caller asks for: comparisons joined by AND, as
// restante.auth.v1.ListAccountsRequest.filter describes them (a subset of AIP-160). Immutable.
class AccountFilter {
 public:
  enum class Operator : char {
    kEqual,
    kNotEqual,
    kHas,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual
  };

  // One comparison; which of the values counts is the field's kind to say.
  struct Comparison {
    size_t field = 0;  // of the table of fields
    Operator op = Operator::kEqual;
    std::string pattern;  // folded, * for any characters
    bool boolean = false;
    absl::Time time;
  };

  // Empty text: every account. INVALID_ARGUMENT/FIELD_INVALID for the field "filter", saying what
  // is wrong with it.
  static absl::StatusOr<AccountFilter> Parse(absl::string_view text);

  bool Matches(const Account& account) const;

 private:
  std::vector<Comparison> comparisons_;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_FILTER_H_
