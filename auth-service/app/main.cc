#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <variant>

#include "auth-service/app/app.h"
#include "auth-service/app/config.h"
#include "common/app/process.h"
#include "common/app/program_options.h"
#include "common/app/shutdown_signals.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-auth",
    "Says who a mail client is and which mailbox its account opens, and keeps the accounts.",
    "/etc/restante/auth.yaml", "docs/configuration/auth.md"};

int Fail(const absl::Status& status) {
  fprintf(stderr, "restante-auth: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  restante::app::ShutdownSignals signals;
  restante::app::ForbidCoreDumps();
  umask(077);  // the files are other people's credentials
  auto parsed = restante::app::ParseProgramOptions(kProgram, argc, argv);
  if (auto* exit_code = std::get_if<restante::app::ExitCode>(&parsed)) return exit_code->value;
  const auto& options = std::get<restante::app::ProgramOptions>(parsed);

  auto config = restante::logon::LoadConfig(options.config_path);
  if (!config.ok()) return Fail(config.status());
  absl::Status files = restante::logon::CheckFiles(*config);
  if (!files.ok()) return Fail(files);
  if (options.check_config) {
    printf("%s is sound\n", options.config_path.c_str());
    return 0;
  }
  absl::Status status = restante::logon::Run(*config, &signals);
  return status.ok() ? 0 : Fail(status);
}
