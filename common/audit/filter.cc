#include "common/audit/filter.h"

#include "common/base/status_macros.h"

namespace restante::audit {
namespace {

enum Field : size_t { kResource, kCaller, kMethod, kField, kRequestId, kTime };

// In the order of Field.
constexpr FieldName kFields[] = {
    {"resource", FieldKind::kText}, {"caller", FieldKind::kText},     {"method", FieldKind::kText},
    {"field", FieldKind::kList},    {"request_id", FieldKind::kText}, {"time", FieldKind::kTime},
};

FieldValue ValueOf(const Entry& entry, size_t field) {
  FieldValue fields;
  switch (static_cast<Field>(field)) {
    case kResource:
      return {.texts = {entry.resource}};
    case kCaller:
      return {.texts = {entry.author.caller}};
    case kMethod:
      return {.texts = {entry.author.method}};
    case kField:
      for (const FieldChange& change : entry.changes) fields.texts.push_back(change.field);
      return fields;
    case kRequestId:
      return {.texts = {entry.request_id}};
    case kTime:
      return {.time = entry.time};
  }
  return {};
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(FieldFilter filter, FieldFilter::Parse(text, kFields));
  return Filter(std::move(filter));
}

bool Filter::Matches(const Entry& entry) const {
  return filter_.Matches([&entry](size_t field) { return ValueOf(entry, field); });
}

}  // namespace restante::audit
