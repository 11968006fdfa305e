#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <variant>

#include "common/app/process.h"
#include "common/app/program_options.h"
#include "common/app/shutdown_signals.h"
#include "mailstore-service/app/app.h"
#include "mailstore-service/app/config.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-mailstore",
    "Keeps the mail of one placement. Front ends read and delete through it, restante-lmtp "
    "delivers into it.",
    "/etc/restante/mailstore.yaml", "docs/configuration/mailstore.md"};

int Fail(const absl::Status& status) {
  fprintf(stderr, "restante-mailstore: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  restante::app::ShutdownSignals signals;
  restante::app::ForbidCoreDumps();
  umask(077);  // the files are other people's mail
  auto parsed = restante::app::ParseProgramOptions(kProgram, argc, argv);
  if (auto* exit_code = std::get_if<restante::app::ExitCode>(&parsed)) return exit_code->value;
  const auto& options = std::get<restante::app::ProgramOptions>(parsed);

  auto config = restante::mailstore::LoadConfig(options.config_path);
  if (!config.ok()) return Fail(config.status());
  absl::Status files = restante::mailstore::CheckFiles(*config);
  if (!files.ok()) return Fail(files);
  if (options.check_config) {
    printf("%s is sound\n", options.config_path.c_str());
    return 0;
  }
  absl::Status status = restante::mailstore::Run(*config, &signals);
  return status.ok() ? 0 : Fail(status);
}
