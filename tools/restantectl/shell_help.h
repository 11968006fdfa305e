#ifndef RESTANTE_TOOLS_RESTANTECTL_SHELL_HELP_H_
#define RESTANTE_TOOLS_RESTANTECTL_SHELL_HELP_H_

#include <CLI/CLI.hpp>
#include <string>

namespace restante::ctl {

// What shells and man know of the commands, made of the commands themselves, so that it is true of
// this version.

// A script for bash that completes commands, options and the values of -o.
std::string BashCompletion(const CLI::App& top);
// The same for zsh, by its bashcompinit.
std::string ZshCompletion(const CLI::App& top);
// A man page, for man(7).
std::string ManPage(const CLI::App& top, const std::string& version);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_SHELL_HELP_H_
