#ifndef RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_
#define RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_

#include <string>
#include <variant>

namespace restante::app {

// What --help says about a program.
struct ProgramDescription {
  std::string name;            // "restante-auth"
  std::string summary;         // what it does, one or two sentences
  std::string default_config;  // "/etc/restante/auth.yaml"
  std::string documentation;   // where its configuration is described, "docs/configuration.md"
};

// What the command line asked for.
struct ProgramOptions {
  std::string config_path;
  // Check the configuration and everything it names, say so, and exit: 0 sound, 1 not.
  bool check_config = false;
};

// An answer that ends the program: --help, --version (0), or a usage error (2); already printed.
struct ExitCode {
  int value = 0;
};

// Parses --config FILE, --check-config, --help and --version.
std::variant<ProgramOptions, ExitCode> ParseProgramOptions(const ProgramDescription& program,
                                                           int argc, const char* const* argv);

// "0.1.0".
const char* Version();

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_
