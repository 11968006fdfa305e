#ifndef RESTANTE_TOOLS_RESTANTECTL_ERRORS_H_
#define RESTANTE_TOOLS_RESTANTECTL_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace restante::ctl {

// What the shell sees.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,       // the call failed, or the service refused what was asked
  kUsage = 2,        // the command line or a setting is wrong; nothing was changed
  kNotFound = 3,     // no such account, mailbox, policy or remembered attempt
  kConflict = 4,     // taken, or changed by somebody else meanwhile
  kUnavailable = 5,  // the service does not answer
  kPermission = 6,   // this certificate may not do that
  kDifferent = 7,    // what was imported is not what the source has
};

// INVALID_ARGUMENT for what is wrong before anything is sent.
absl::Status UsageError(absl::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

// What was proven and does not hold.
absl::Status DifferenceError(absl::string_view message);

// A failure that the command's own output has explained: the program ends with 1 and prints nothing
// more.
absl::Status AlreadyTold();

// What a person can do about the error.
absl::string_view NextStepFor(const absl::Status& status);
// The error as a person reads it: what happened, the reason for programs, details, and what to do.
std::string DescribeError(const absl::Status& status);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_ERRORS_H_
