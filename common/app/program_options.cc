#include "common/app/program_options.h"

#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace restante::app {
namespace {

std::string Footer(const ProgramDescription& program) {
  return absl::StrCat(
      "Examples:\n  ", program.name, " --config ", program.default_config,
      "\n      run in the foreground and log to standard output\n  ", program.name, " --config ",
      program.default_config,
      " --check-config\n      check the file, the keys and the certificates it "
      "names, and exit\n\nSignals:\n  SIGTERM, SIGINT  finish what is under way, then exit\n  "
      "SIGHUP        "
      "   read again what can change without a restart\n\nThe configuration is described in ",
      program.documentation, ".");
}

}  // namespace

std::variant<ProgramOptions, ExitCode> ParseProgramOptions(const ProgramDescription& program,
                                                           int argc, const char* const* argv) {
  CLI::App cli(program.summary, program.name);
  cli.footer(Footer(program));
  cli.set_version_flag("--version", absl::StrCat(program.name, " ", Version()));
  ProgramOptions options;
  options.config_path = program.default_config;
  cli.add_option("--config", options.config_path, "The YAML configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  cli.add_flag("--check-config", options.check_config,
               "Check the configuration and exit: 0 when it is sound, 1 when not");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitCode{cli.exit(error) == 0 ? 0 : 2};
  }
  return options;
}

const char* Version() { return RESTANTE_VERSION; }

}  // namespace restante::app
