#ifndef RESTANTE_COMMON_BASE_FIELD_FILTER_H_
#define RESTANTE_COMMON_BASE_FIELD_FILTER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace restante {

inline constexpr size_t kMaxFilterOctets = 1024;
inline constexpr size_t kMaxFilterComparisons = 16;

enum class FieldKind { kText, kList, kBoolean, kTime };

// A field that can be asked for.
struct FieldName {
  absl::string_view name;
  FieldKind kind;
  absl::string_view prefix = "";  // what a value may begin with and the field's texts do not
};

// What one thing says to a field; which member counts is the kind's to say.
struct FieldValue {
  std::vector<std::string> texts = {};
  bool boolean = false;
  std::optional<absl::Time> time = std::nullopt;
};

// Which of many things a caller asks for: comparisons of fields joined by AND, as
// restante.auth.v1.ListAccountsRequest.filter describes them (a subset of AIP-160). Immutable.
class FieldFilter {
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
  struct Comparison {
    size_t field = 0;
    Operator op = Operator::kEqual;
    std::string pattern;  // folded, * for any characters
    bool boolean = false;
    absl::Time time;
  };

  // Empty text: everything. `fields` outlives the filter. INVALID_ARGUMENT/FIELD_INVALID for the
  // field "filter", saying what is wrong with it.
  static absl::StatusOr<FieldFilter> Parse(absl::string_view text,
                                           absl::Span<const FieldName> fields);

  // `value_of` gives what the thing says to a field by its place in `fields`; only those that are
  // compared are asked for.
  bool Matches(absl::FunctionRef<FieldValue(size_t field)> value_of) const;

 private:
  explicit FieldFilter(absl::Span<const FieldName> fields) : fields_(fields) {}

  absl::Span<const FieldName> fields_;
  std::vector<Comparison> comparisons_;
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_FIELD_FILTER_H_
