#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_FILES_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace restante::ctl {

// Files and directories of mail; errors name the path.

absl::StatusOr<std::string> ReadFile(const std::string& path);
// On disk when it returns; the file is this user's alone. Written beside and renamed, so that there
// is never half of one.
absl::Status WriteFile(const std::string& path, absl::string_view text);
// What was written to the file, or the names in the directory, is on disk when it returns.
absl::Status Sync(const std::string& path);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_FILES_H_
