#include "common/app/program_options.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

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

// The options of the tasks, in their order; each excludes the others.
std::vector<CLI::Option*> AddTasks(const ProgramDescription& program, CLI::App* cli,
                                   std::string* value) {
  std::vector<CLI::Option*> options;
  for (const ProgramTask& task : program.tasks) {
    CLI::Option* const option =
        task.value_name.empty()
            ? cli->add_flag(task.option, task.help)
            : cli->add_option(task.option, *value, task.help)->type_name(task.value_name);
    if (!task.value_name.empty()) option->expected(0, 1);
    for (CLI::Option* other : options) option->excludes(other);
    options.push_back(option);
  }
  return options;
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
  const std::vector<CLI::Option*> tasks = AddTasks(program, &cli, &options.task_value);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitCode{cli.exit(error) == 0 ? 0 : 2};
  }
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i]->count() > 0) options.task = program.tasks[i].option;
  }
  return options;
}

const char* Version() { return RESTANTE_VERSION; }

}  // namespace restante::app
