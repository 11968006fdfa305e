#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_POP3_SOURCE_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_POP3_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "tools/restantectl/mail/mail_source.h"

namespace restante::ctl {

// A maildrop on another server.
struct Pop3Maildrop {
  std::string url;  // "pop3s://HOST[:PORT]" or "pop3://HOST[:PORT]"
  std::string user;
  Secret password;
  std::string mechanism;     // of SASL, such as "NTLM"; empty: the best that both know
  std::string ca;            // a PEM file of authorities; empty: the system's
  bool without_tls = false;  // for pop3: goes on when the server has no STLS
};

// Logs on when first asked, reads, and deletes nothing. The numbers of a maildrop hold for one
// connection: when that breaks, everything else is UNAVAILABLE, and a new source begins anew.
// Messages come with the UIDL and the size that the server says. UNAUTHENTICATED when it refuses
// the logon; INVALID_ARGUMENT for a URL that is none.
absl::StatusOr<std::unique_ptr<MailSource>> OpenPop3Maildrop(Pop3Maildrop maildrop);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_POP3_SOURCE_H_
