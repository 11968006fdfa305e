#include "auth-service/directory/account_filter.h"

#include "common/base/status_macros.h"

namespace restante::directory {
namespace {

enum Field : size_t {
  kName,
  kAlias,
  kPlacement,
  kMailboxId,
  kWindowsNames,
  kPrincipalNames,
  kAddresses,
  kDisabledMechanisms,
  kDisabled,
  kHasCredential,
  kDeleted,
  kCreateTime,
  kUpdateTime,
  kDeleteTime,
};

// In the order of Field.
constexpr FieldName kFields[] = {
    {"name", FieldKind::kText, "accounts/"}, {"alias", FieldKind::kText},
    {"placement", FieldKind::kText},         {"mailbox_id", FieldKind::kText},
    {"windows_names", FieldKind::kList},     {"principal_names", FieldKind::kList},
    {"addresses", FieldKind::kList},         {"disabled_mechanisms", FieldKind::kList},
    {"disabled", FieldKind::kBoolean},       {"has_credential", FieldKind::kBoolean},
    {"deleted", FieldKind::kBoolean},        {"create_time", FieldKind::kTime},
    {"update_time", FieldKind::kTime},       {"delete_time", FieldKind::kTime},
};

FieldValue ValueOf(const Account& account, size_t field) {
  switch (static_cast<Field>(field)) {
    case kName:
      return {.texts = {account.id}};
    case kAlias:
      return {.texts = {account.alias}};
    case kPlacement:
      return {.texts = {account.placement}};
    case kMailboxId:
      return {.texts = {account.mailbox_id}};
    case kWindowsNames:
      return {.texts = account.windows_names};
    case kPrincipalNames:
      return {.texts = account.principal_names};
    case kAddresses:
      return {.texts = account.addresses};
    case kDisabledMechanisms:
      return {.texts = account.disabled_mechanisms};
    case kDisabled:
      return {.boolean = account.disabled};
    case kHasCredential:
      return {.boolean = account.credential.has_value()};
    case kDeleted:
      return {.boolean = account.deletion.has_value()};
    case kCreateTime:
      return {.time = account.create_time};
    case kUpdateTime:
      return {.time = account.update_time};
    case kDeleteTime:
      if (account.deletion) return {.time = account.deletion->delete_time};
      return {};
  }
  return {};
}

}  // namespace

absl::StatusOr<AccountFilter> AccountFilter::Parse(absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(FieldFilter filter, FieldFilter::Parse(text, kFields));
  return AccountFilter(std::move(filter));
}

bool AccountFilter::Matches(const Account& account) const {
  return filter_.Matches([&account](size_t field) { return ValueOf(account, field); });
}

}  // namespace restante::directory
