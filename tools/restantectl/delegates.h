#ifndef RESTANTE_TOOLS_RESTANTECTL_DELEGATES_H_
#define RESTANTE_TOOLS_RESTANTECTL_DELEGATES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// Who may open whose mailbox: the `accounts` commands about delegates. Each prints the owner's
// account as it is then.

struct DelegateGrant {
  std::string owner;
  std::string delegate;
  bool may_delete = false;
  std::string until;  // as ParseUntil reads it; empty: not limited
};

absl::Status GrantDelegate(Session& session, const DelegateGrant& grant);
absl::Status RevokeDelegate(Session& session, const std::string& owner,
                            const std::string& delegate);

// "2027-01-31" is the beginning of that day in UTC; else RFC 3339. A usage error for another form.
absl::StatusOr<absl::Time> ParseUntil(absl::string_view text);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_DELEGATES_H_
