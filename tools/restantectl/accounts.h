#ifndef RESTANTE_TOOLS_RESTANTECTL_ACCOUNTS_H_
#define RESTANTE_TOOLS_RESTANTECTL_ACCOUNTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "restante/auth/v1/account.pb.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The `accounts` commands. Each prints what it got and answers the first error.

struct NewAccount {
  std::string id;
  std::vector<std::string> windows_names;
  std::vector<std::string> principal_names;
  std::string alias;
  std::vector<std::string> addresses;
  std::vector<std::string> certificate_names;
  std::vector<std::string> token_subjects;
  std::string placement;
  std::optional<auth::v1::NtlmResponseForm> weakest_ntlm_response;
  bool with_password = false;  // from the console
};

// What to change; an absent or empty member leaves its field as it is.
struct AccountChanges {
  std::string id;
  std::optional<std::string> alias;
  std::optional<bool> disabled;
  std::optional<auth::v1::NtlmResponseForm> weakest_ntlm_response;
  struct Names {
    std::vector<std::string> add;
    std::vector<std::string> remove;
  };
  Names windows_names;
  Names principal_names;
  Names addresses;
  Names certificate_names;
  Names token_subjects;
  Names disabled_mechanisms;
};

enum class CredentialKind { kPassword, kNtHash, kScramSha256 };

// Reads the password before anything is created.
absl::Status CreateAccount(Session& session, const NewAccount& account);
absl::Status GetAccount(Session& session, const std::string& id);
// All pages, as one answer. `filter` as in ListAccountsRequest.
absl::Status ListAccounts(Session& session, const std::string& filter, bool show_deleted);
// Reads, changes and writes with the etag that was read, three times at most when somebody else
// changes the account meanwhile.
absl::Status UpdateAccount(Session& session, const AccountChanges& changes);
// `purge`: so that it cannot be brought back.
absl::Status DeleteAccount(Session& session, const std::string& id, bool purge);
absl::Status UndeleteAccount(Session& session, const std::string& id);
// What is set, never the secret.
absl::Status ListCredentials(Session& session, const std::string& id);
absl::Status SetCredential(Session& session, const std::string& id, CredentialKind kind);

// Makes the changes and gives the paths of the fields that changes speak of. Adding what is there
// changes nothing; removing what is not there is a usage error, as is asking for no change. Names
// are compared without regard to case.
absl::StatusOr<std::vector<std::string>> ApplyChanges(const AccountChanges& changes,
                                                      auth::v1::Account* account);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_ACCOUNTS_H_
