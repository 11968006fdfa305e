#ifndef RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_
#define RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_

#include <string>
#include <variant>
#include <vector>

namespace restante::app {

// Something that the program can do with its configuration in place of serving.
struct ProgramTask {
  std::string option;      // "--inspect"
  std::string value_name;  // of its value, which may be left out; empty: it takes none
  std::string help;
};

// What --help says about a program.
struct ProgramDescription {
  std::string name;            // "restante-auth"
  std::string summary;         // what it does, one or two sentences
  std::string default_config;  // "/etc/restante/auth.yaml"
  std::string documentation;   // where its configuration is described, "docs/configuration.md"
  std::vector<ProgramTask> tasks = {};
};

// What the command line asked for.
struct ProgramOptions {
  std::string config_path;
  // Check the configuration and everything it names, say so, and exit: 0 sound, 1 not.
  bool check_config = false;
  std::string task;  // the option of the task that is to be done; empty: serve
  std::string task_value;
};

// An answer that ends the program: --help, --version (0), or a usage error (2); already printed.
struct ExitCode {
  int value = 0;
};

// Parses --config FILE, --check-config, --help, --version and the options of the tasks, of which at
// most one is given.
std::variant<ProgramOptions, ExitCode> ParseProgramOptions(const ProgramDescription& program,
                                                           int argc, const char* const* argv);

// "0.1.0".
const char* Version();

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_PROGRAM_OPTIONS_H_
