#ifndef RESTANTE_AUTH_SERVICE_LOGON_MAILBOX_RULES_H_
#define RESTANTE_AUTH_SERVICE_LOGON_MAILBOX_RULES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/account.h"

// The rules from a proven account to the mailbox that opens, for Decider. Pure functions.
namespace restante::logon {

// Whose mailbox a client asks for; with neither account nor refusal it asks for none.
struct MailboxOwner {
  directory::AccountPtr account;
  std::optional<authority::Refusal> refusal;
  std::string finding = {};  // why it is refused, for a person
};

// What an account may do in a mailbox.
struct MailboxRights {
  bool may_delete = false;
  std::optional<authority::Refusal> refusal;  // set: nothing at all
  std::string finding;                        // for a person
};

// Of `account` in the mailbox of `owner`, which may be its own. That the owner's account is
// disabled keeps the owner from logging on, not a delegate.
MailboxRights RightsOf(const directory::Account& account, const directory::Account& owner,
                       absl::Time now);

// The one mailbox that two ways of asking agree on.
MailboxOwner Agreed(MailboxOwner one, MailboxOwner other);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_MAILBOX_RULES_H_
