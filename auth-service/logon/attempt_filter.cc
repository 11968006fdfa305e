#include "auth-service/logon/attempt_filter.h"

#include <string>

#include "common/base/ids.h"
#include "common/base/status_macros.h"

namespace restante::logon {
namespace {

enum Field : size_t {
  kAccount,
  kOutcome,
  kClientAddress,
  kClientName,
  kMechanism,
  kProtocol,
  kReference,
  kAttemptId,
  kTime,
};

// In the order of Field.
constexpr FieldName kFields[] = {
    {"account", FieldKind::kText, "accounts/"},
    {"outcome", FieldKind::kText},
    {"client_address", FieldKind::kText},
    {"client_name", FieldKind::kText},
    {"mechanism", FieldKind::kText},
    {"protocol", FieldKind::kText},
    {"reference", FieldKind::kText},
    {"attempt_id", FieldKind::kText},
    {"time", FieldKind::kTime},
};

FieldValue ValueOf(const Attempt& attempt, size_t field) {
  switch (static_cast<Field>(field)) {
    case kAccount:
      return {.texts = {attempt.account_id}};
    case kOutcome:
      return {.texts = {std::string(ReasonOf(attempt))}};
    case kClientAddress:
      return {.texts = {attempt.client_address}};
    case kClientName:
      return {.texts = {attempt.client_name}};
    case kMechanism:
      return {.texts = {attempt.mechanism}};
    case kProtocol:
      return {.texts = {attempt.protocol}};
    case kReference:
      return {.texts = {AttemptReference(attempt.attempt_id)}};
    case kAttemptId:
      return {.texts = {attempt.attempt_id}};
    case kTime:
      return {.time = attempt.time};
  }
  return {};
}

}  // namespace

absl::StatusOr<AttemptFilter> AttemptFilter::Parse(absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(FieldFilter filter, FieldFilter::Parse(text, kFields));
  return AttemptFilter(std::move(filter));
}

bool AttemptFilter::Matches(const Attempt& attempt) const {
  return filter_.Matches([&attempt](size_t field) { return ValueOf(attempt, field); });
}

}  // namespace restante::logon
