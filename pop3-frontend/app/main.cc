#include <cstdio>
#include <variant>

#include "common/app/process.h"
#include "common/app/program_options.h"
#include "common/app/shutdown_signals.h"
#include "pop3-frontend/app/app.h"
#include "pop3-frontend/app/config.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-pop3",
    "Serves mailboxes to mail clients over POP3 and POP3S. It asks restante-auth who a client is, "
    "and fetches messages from restante-mailstore.",
    "/etc/restante/pop3.yaml", "docs/configuration/pop3.md"};

int Fail(const absl::Status& status) {
  fprintf(stderr, "restante-pop3: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  restante::app::ShutdownSignals signals;
  restante::app::ForbidCoreDumps();
  auto parsed = restante::app::ParseProgramOptions(kProgram, argc, argv);
  if (auto* exit_code = std::get_if<restante::app::ExitCode>(&parsed)) return exit_code->value;
  const auto& options = std::get<restante::app::ProgramOptions>(parsed);

  auto config = restante::pop3::LoadConfig(options.config_path);
  if (!config.ok()) return Fail(config.status());
  absl::Status files = restante::pop3::CheckFiles(*config);
  if (!files.ok()) return Fail(files);
  if (options.check_config) {
    printf("%s is sound\n", options.config_path.c_str());
    return 0;
  }
  absl::Status status = restante::pop3::Run(*config, &signals);
  return status.ok() ? 0 : Fail(status);
}
