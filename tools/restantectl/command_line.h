#ifndef RESTANTE_TOOLS_RESTANTECTL_COMMAND_LINE_H_
#define RESTANTE_TOOLS_RESTANTECTL_COMMAND_LINE_H_

#include "common/base/random.h"
#include "tools/restantectl/console.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/services.h"

namespace restante::ctl {

// Parses the command line, runs the command it names on the services that `connect` gives, prints
// the answer to the console's out() and an error to its err(). What the program ends with; see
// docs/restantectl.md.
ExitCode RunCommandLine(int argc, const char* const* argv, const Connect& connect, Console& console,
                        Random& random);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_COMMAND_LINE_H_
