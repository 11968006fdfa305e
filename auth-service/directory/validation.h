#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_VALIDATION_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_VALIDATION_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/name_policy.h"
#include "auth-service/ntlm/policy.h"

// The forms and limits of what operators put into the directory. Pure functions, thread-safe.
namespace restante::directory {

// 1 to 63 of [a-z0-9._-], beginning with a letter or digit.
[[nodiscard]] bool IsAccountId(absl::string_view text);

// Whether an account may be stored: the form and number of everything an operator chooses, and no
// name twice within the account. INVALID_ARGUMENT/FIELD_INVALID that names the field as
// restante.auth.v1 does ("account.alias"; "account_id" for the id).
absl::Status ValidateAccount(const Account& account);

// Whether the target names are within their limits. INVALID_ARGUMENT/FIELD_INVALID likewise.
absl::Status ValidateNtlmPolicy(const ntlm::Policy& policy);

// Whether domains and realms have their form, each realm stands there once, and each means a
// domain. INVALID_ARGUMENT/FIELD_INVALID likewise.
absl::Status ValidateNamePolicy(const NamePolicy& policy);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_VALIDATION_H_
