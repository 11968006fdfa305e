#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_INDEX_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_INDEX_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"

namespace restante::directory {

enum class NameKind : char {
  kWindows = 'w',
  kPrincipal = 'p',
  kAlias = 'a',
  kAddress = 'd',
  kCertificate = 'c',
  kToken = 't',
};

// Finds accounts by any of their names, in the form that names of the kind are compared in; holds
// that each name leads to one account. The accounts passed in have been validated.
// Thread-compatible.
class NameIndex {
 public:
  // ALREADY_EXISTS/NAME_TAKEN for the first name of `account` that belongs to another id, with
  // metadata "holder" ("accounts/ID").
  absl::Status CheckFree(const Account& account) const;

  // All names of `account` must be free or its own.
  void Add(const AccountPtr& account);
  void Remove(const Account& account);

  AccountPtr Find(NameKind kind, absl::string_view name) const;
  // Accounts with a Windows name "*\user"; nullptr when there is none. Lives until the next change.
  const std::vector<AccountPtr>* FindByWindowsUser(absl::string_view user) const;

 private:
  std::unordered_map<std::string, AccountPtr> by_name_;                       // kind, compared form
  std::unordered_map<std::string, std::vector<AccountPtr>> by_windows_user_;  // folded; each once
};

// The form that `name` is compared in, which differs by kind; nullopt for one that is no name.
std::optional<std::string> ComparedForm(NameKind kind, absl::string_view name);

// "user" of "DOMAIN\user".
absl::string_view WindowsUserOf(absl::string_view windows_name);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_NAME_INDEX_H_
