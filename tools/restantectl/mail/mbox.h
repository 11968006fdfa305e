#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_MBOX_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_MBOX_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/restantectl/mail/mail_sink.h"
#include "tools/restantectl/mail/mail_source.h"

// An mbox (RFC 4155): one file, where each message comes behind a line "From SENDER DATE". Lines of
// a message that begin with "From ", behind any number of ">", have one more ">" in front: the
// "mboxrd" way, which can be undone. It has no place for UIDLs.
namespace restante::ctl {

// INVALID_ARGUMENT for a file that does not begin with such a line. The place of each message is
// kept in memory, and no text.
absl::StatusOr<std::unique_ptr<MailSource>> OpenMbox(const std::string& path);

// Writes anew; ALREADY_EXISTS when the file is there, for half an mbox cannot be gone on with.
absl::StatusOr<std::unique_ptr<MailSink>> MakeMbox(const std::string& path);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_MBOX_H_
