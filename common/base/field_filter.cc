#include "common/base/field_filter.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante {
namespace {

using Operator = FieldFilter::Operator;
using Comparison = FieldFilter::Comparison;

// Longest first, so that none is taken for the beginning of another.
constexpr std::pair<absl::string_view, Operator> kOperators[] = {
    {"!=", Operator::kNotEqual}, {"<=", Operator::kLessOrEqual}, {">=", Operator::kGreaterOrEqual},
    {"=", Operator::kEqual},     {":", Operator::kHas},          {"<", Operator::kLess},
    {">", Operator::kGreater},
};

absl::Status Wrong(absl::string_view what) { return InvalidField("filter", what); }

bool IsWordCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// A filter's text from its beginning to its end, each step bounded by what is left.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  bool AtEnd() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty();
  }

  absl::string_view Word() {
    AtEnd();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsWordCharacter);
    return Take(static_cast<size_t>(end - rest_.begin()));
  }

  std::optional<Operator> TakeOperator() {
    AtEnd();
    for (const auto& [sign, op] : kOperators) {
      if (absl::ConsumePrefix(&rest_, sign)) return op;
    }
    return std::nullopt;
  }

  // A text in quotes, or all up to the next space.
  absl::StatusOr<std::string> TakeValue() {
    if (AtEnd()) return Wrong("ends where a value is expected");
    if (absl::ConsumePrefix(&rest_, "\"")) return TakeQuoted();
    const auto end = std::find_if(rest_.begin(), rest_.end(), absl::ascii_isspace);
    const absl::string_view value = Take(static_cast<size_t>(end - rest_.begin()));
    if (absl::StrContains(value, '"')) return Wrong("has a quote inside a value without quotes");
    return std::string(value);
  }

 private:
  absl::string_view Take(size_t count) {
    const absl::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  absl::StatusOr<std::string> TakeQuoted() {
    std::string value;
    while (!rest_.empty()) {
      absl::string_view next = Take(1);
      if (next == "\"") return value;
      if (next == "\\") {
        next = Take(1);
        if (next != "\\" && next != "\"") return Wrong("has a \\ that is not \\\\ or \\\"");
      }
      absl::StrAppend(&value, next);
    }
    return Wrong("ends inside quotes");
  }

  absl::string_view rest_;
};

// Whether `text` is what `pattern` says, with * for any characters. Goes back to the last * alone,
// so that the work is at most the product of both lengths.
bool MatchesPattern(absl::string_view text, absl::string_view pattern) {
  size_t at = 0;
  size_t pattern_at = 0;
  size_t star = absl::string_view::npos;
  size_t star_text = 0;
  while (at < text.size()) {
    if (pattern_at < pattern.size() && pattern[pattern_at] == '*') {
      star = pattern_at++;
      star_text = at;
    } else if (pattern_at < pattern.size() && pattern[pattern_at] == text[at]) {
      ++pattern_at;
      ++at;
    } else if (star != absl::string_view::npos) {
      pattern_at = star + 1;
      at = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', pattern_at) == absl::string_view::npos;
}

bool AnyMatches(const std::vector<std::string>& texts, const std::string& pattern) {
  return std::any_of(texts.begin(), texts.end(), [&pattern](const std::string& text) {
    const std::optional<std::string> folded = FoldName(text);
    // FIELD:* asks whether the field says anything, and an empty text does not.
    return folded && !(folded->empty() && !pattern.empty()) && MatchesPattern(*folded, pattern);
  });
}

bool Compare(const std::optional<absl::Time>& time, Operator op, absl::Time with) {
  if (op == Operator::kHas) return time.has_value();
  if (!time) return op == Operator::kNotEqual;
  switch (op) {
    case Operator::kEqual:
      return *time == with;
    case Operator::kNotEqual:
      return *time != with;
    case Operator::kLess:
      return *time < with;
    case Operator::kLessOrEqual:
      return *time <= with;
    case Operator::kGreater:
      return *time > with;
    case Operator::kGreaterOrEqual:
      return *time >= with;
    case Operator::kHas:
      break;
  }
  return true;
}

bool Holds(const Comparison& comparison, FieldKind kind, const FieldValue& value) {
  const bool negated = comparison.op == Operator::kNotEqual;
  switch (kind) {
    case FieldKind::kText:
    case FieldKind::kList:
      return AnyMatches(value.texts, comparison.pattern) != negated;
    case FieldKind::kBoolean:
      return (value.boolean == comparison.boolean) != negated;
    case FieldKind::kTime:
      return Compare(value.time, comparison.op, comparison.time);
  }
  return false;
}

bool Takes(FieldKind kind, Operator op) {
  switch (op) {
    case Operator::kEqual:
    case Operator::kNotEqual:
      return kind != FieldKind::kList;
    case Operator::kHas:
      return kind != FieldKind::kBoolean;
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      return kind == FieldKind::kTime;
  }
  return false;
}

absl::Status TakeText(const FieldName& field, absl::string_view value, Comparison* comparison) {
  absl::ConsumePrefix(&value, field.prefix);
  const std::optional<std::string> folded = FoldName(value);
  if (!folded) return Wrong("has a value that is not UTF-8 or has control characters");
  comparison->pattern = *folded;
  return absl::OkStatus();
}

absl::Status TakeBoolean(absl::string_view value, Comparison* comparison) {
  comparison->boolean = value == "true";
  if (value == "true" || value == "false") return absl::OkStatus();
  return Wrong("compares a field with something else than true or false, which are all it can be");
}

absl::Status TakeTime(absl::string_view value, Comparison* comparison) {
  if (comparison->op == Operator::kHas) {
    if (value == "*") return absl::OkStatus();
    return Wrong("has a time behind a colon, where only * has a meaning");
  }
  std::string ignored;
  if (absl::ParseTime(absl::RFC3339_full, value, &comparison->time, &ignored)) {
    return absl::OkStatus();
  }
  return Wrong("has a time that is not written like \"2026-01-31T09:00:00Z\"");
}

absl::StatusOr<size_t> FindField(absl::Span<const FieldName> fields, absl::string_view name) {
  std::string known;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
    absl::StrAppend(&known, known.empty() ? "" : ", ", fields[i].name);
  }
  return Wrong(absl::StrCat("compares \"", EscapeForLog(name), "\", which is none of ", known));
}

absl::StatusOr<Comparison> TakeComparison(absl::Span<const FieldName> fields, Scanner* scanner) {
  Comparison comparison;
  RESTANTE_ASSIGN_OR_RETURN(comparison.field, FindField(fields, scanner->Word()));
  const FieldName& field = fields[comparison.field];
  const std::optional<Operator> op = scanner->TakeOperator();
  if (!op || !Takes(field.kind, *op)) {
    return Wrong(
        absl::StrCat("has no operator behind ", field.name, " that it can be compared by"));
  }
  comparison.op = *op;
  RESTANTE_ASSIGN_OR_RETURN(const std::string value, scanner->TakeValue());
  switch (field.kind) {
    case FieldKind::kText:
    case FieldKind::kList:
      RESTANTE_RETURN_IF_ERROR(TakeText(field, value, &comparison));
      break;
    case FieldKind::kBoolean:
      RESTANTE_RETURN_IF_ERROR(TakeBoolean(value, &comparison));
      break;
    case FieldKind::kTime:
      RESTANTE_RETURN_IF_ERROR(TakeTime(value, &comparison));
      break;
  }
  return comparison;
}

}  // namespace

absl::StatusOr<FieldFilter> FieldFilter::Parse(absl::string_view text,
                                               absl::Span<const FieldName> fields) {
  FieldFilter filter(fields);
  if (text.size() > kMaxFilterOctets) return Wrong("must be at most 1,024 octets");
  Scanner scanner(text);
  if (scanner.AtEnd()) return filter;
  while (true) {
    if (filter.comparisons_.size() == kMaxFilterComparisons) {
      return Wrong("must have at most 16 comparisons");
    }
    RESTANTE_ASSIGN_OR_RETURN(Comparison comparison, TakeComparison(fields, &scanner));
    filter.comparisons_.push_back(std::move(comparison));
    if (scanner.AtEnd()) return filter;
    if (scanner.Word() != "AND") {
      return Wrong("must have AND between comparisons, and nothing else");
    }
  }
}

bool FieldFilter::Matches(absl::FunctionRef<FieldValue(size_t field)> value_of) const {
  return std::all_of(comparisons_.begin(), comparisons_.end(), [&](const Comparison& comparison) {
    return Holds(comparison, fields_[comparison.field].kind, value_of(comparison.field));
  });
}

}  // namespace restante
