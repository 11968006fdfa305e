#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_CHANGES_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_CHANGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/directory.h"
#include "common/base/error_reason.h"

// What writes of one account and of many have in common.
namespace restante::directory {

inline absl::Status AccountIsDeleted(const Account& account) {
  return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kAccountDeleted,
                   absl::StrCat("accounts/", account.id, " is deleted; undelete it first"));
}

inline absl::Status AccountExists(absl::string_view id) {
  return MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kAccountExists,
                   absl::StrCat("there is an account accounts/", id));
}

inline std::vector<std::string> UpperCased(std::vector<std::string> names) {
  for (std::string& name : names) absl::AsciiStrToUpper(&name);
  return names;
}

// Replaces what an operator says of an account; id and placement are not in it.
inline void SetFields(const NewAccount& from, Account* account) {
  account->windows_names = from.windows_names;
  account->principal_names = from.principal_names;
  account->alias = from.alias;
  account->addresses = from.addresses;
  account->certificate_names = from.certificate_names;
  account->token_subjects = from.token_subjects;
  account->disabled = from.disabled;
  account->disabled_mechanisms = UpperCased(from.disabled_mechanisms);
  account->weakest_ntlm_response = from.weakest_ntlm_response;
}

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_CHANGES_H_
