#include "auth-service/logon/mailbox_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace restante::logon {
namespace {

using authority::Refusal;

std::string DescribeMailbox(const directory::Account& owner) {
  return absl::StrCat("mailbox ", owner.alias, " (", owner.mailbox_id, ") on ", owner.placement);
}

MailboxRights DelegateRights(const directory::Account& account, const directory::Account& owner,
                             absl::Time now) {
  const auto found = std::find_if(
      owner.delegates.begin(), owner.delegates.end(), [&account](const directory::Delegate& one) {
        return one.account_id == account.id && one.mailbox_id == account.mailbox_id;
      });
  const std::string whose = absl::StrCat(DescribeMailbox(owner), " is that of accounts/", owner.id);
  if (found == owner.delegates.end()) {
    return {.refusal = Refusal::kNotDelegate,
            .finding = absl::StrCat(whose, ", of which accounts/", account.id, " is no delegate")};
  }
  if (now >= found->expire_time) {
    return {
        .refusal = Refusal::kDelegationExpired,
        .finding = absl::StrCat(whose, ", of which accounts/", account.id, " was a delegate until ",
                                absl::FormatTime(found->expire_time))};
  }
  return {.may_delete = found->may_delete,
          .refusal = std::nullopt,
          .finding = absl::StrCat(whose, ", where its delegate may read",
                                  found->may_delete ? " and delete" : " only")};
}

}  // namespace

MailboxRights RightsOf(const directory::Account& account, const directory::Account& owner,
                       absl::Time now) {
  if (owner.alias.empty()) {
    return {.refusal = Refusal::kNoMailbox,
            .finding = absl::StrCat("accounts/", owner.id, " has no mailbox alias")};
  }
  if (owner.id != account.id) return DelegateRights(account, owner, now);
  return {.may_delete = true, .refusal = std::nullopt, .finding = DescribeMailbox(owner)};
}

MailboxOwner Agreed(MailboxOwner one, MailboxOwner other) {
  if (one.refusal) return one;
  if (other.refusal || one.account == nullptr) return other;
  if (other.account == nullptr || other.account->id == one.account->id) return one;
  return {nullptr, Refusal::kAmbiguousName,
          absl::StrCat("the client asks for two mailboxes, those of accounts/", one.account->id,
                       " and accounts/", other.account->id)};
}

}  // namespace restante::logon
