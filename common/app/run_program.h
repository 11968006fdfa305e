#ifndef RESTANTE_COMMON_APP_RUN_PROGRAM_H_
#define RESTANTE_COMMON_APP_RUN_PROGRAM_H_

#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/app/process.h"
#include "common/app/program_options.h"
#include "common/app/shutdown_signals.h"

namespace restante::app {

// The whole of a server's main: command line, configuration, check, run. Faults go to standard
// error with the program's name; the result is the exit status: 0, 1 for a fault, 2 for a wrong
// command line. Files that the program makes are its user's alone.
//
// `load` reads the configuration file, `check` says whether the files that it names can be used,
// `run` returns once the program has drained; `do_task` does a task of the description and returns
// what is to be printed.
template <typename Config>
int RunProgram(const ProgramDescription& program, int argc, char** argv,
               absl::StatusOr<Config> (*load)(const std::string& path),
               absl::Status (*check)(const Config& config),
               absl::Status (*run)(const Config& config, ShutdownSignals* signals),
               absl::StatusOr<std::string> (*do_task)(const Config& config, const std::string& task,
                                                      const std::string& value) = nullptr) {
  ShutdownSignals signals;
  // Debian's Abseil looks for deadlocks at each lock, of which gRPC takes many for every message.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  ForbidCoreDumps();
  umask(077);
  auto parsed = ParseProgramOptions(program, argc, argv);
  if (auto* exit_code = std::get_if<ExitCode>(&parsed)) return exit_code->value;
  // Not std::get: nothing that throws may be in main.
  const ProgramOptions& options = *std::get_if<ProgramOptions>(&parsed);

  absl::StatusOr<Config> config = load(options.config_path);
  absl::Status status = config.ok() ? check(*config) : config.status();
  if (status.ok() && options.check_config) {
    printf("%s is sound\n", options.config_path.c_str());
    return 0;
  }
  if (status.ok() && !options.task.empty()) {
    const absl::StatusOr<std::string> report = do_task(*config, options.task, options.task_value);
    if (report.ok()) printf("%s", report->c_str());
    status = report.status();
  } else if (status.ok()) {
    status = run(*config, &signals);
  }
  if (status.ok()) return 0;
  fprintf(stderr, "%s: %s\n", program.name.c_str(), std::string(status.message()).c_str());
  return 1;
}

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_RUN_PROGRAM_H_
