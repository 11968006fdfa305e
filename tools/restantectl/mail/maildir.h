#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_MAILDIR_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_MAILDIR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/restantectl/mail/mail_sink.h"
#include "tools/restantectl/mail/mail_source.h"

// A Maildir: a file for each message, in "new" or, once somebody has seen it, in "cur", with flags
// behind ":2,". Our own ones have a file "restante-uidl" besides, of lines with the name of a
// message and its UIDL, so that UIDLs live through an export.
namespace restante::ctl {

// INVALID_ARGUMENT when `directory` is none. Ordered by the time that names begin with, then by
// name.
absl::StatusOr<std::unique_ptr<MailSource>> OpenMaildir(const std::string& directory);

// Makes it when it is not there, inside a directory that is.
absl::StatusOr<std::unique_ptr<MailSink>> MakeMaildir(const std::string& directory);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_MAILDIR_H_
