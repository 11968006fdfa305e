#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_TRANSFER_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_TRANSFER_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands `mailboxes import` and `mailboxes export`.

struct MailImportWish {
  std::string mailbox_id;
  // One of the three.
  std::string maildir;
  std::string mbox;
  std::string pop3;  // a URL
  // Of the maildrop on another server; its password is read from standard input.
  std::string pop3_user;
  std::string pop3_mechanism;
  std::string pop3_ca;
  bool pop3_without_tls = false;
  bool dry_run = false;
  bool allow_uidl_change = false;
};

// Brings the source's messages into the mailbox, each once however often it is repeated, and says
// how many. Of a source with UIDLs it then proves that each is there under its UIDL, with its size
// and in its order, and fails with DifferenceError when one is not, unless that is allowed.
absl::Status ImportMail(Session& session, const MailImportWish& wish);

struct MailExportWish {
  std::string mailbox_id;
  // One of the two.
  std::string maildir;
  std::string mbox;
};

// Writes every message of the mailbox, and changes nothing there. Into a Maildir that has some of
// them already, only those behind. An error when some could not be read.
absl::Status ExportMail(Session& session, const MailExportWish& wish);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_TRANSFER_H_
