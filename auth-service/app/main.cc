#include "auth-service/app/app.h"
#include "auth-service/app/config.h"
#include "common/app/run_program.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-auth",
    "Says who a mail client is and which mailbox its account opens, and keeps the accounts.",
    "/etc/restante/auth.yaml", "docs/configuration/auth.md"};

}  // namespace

int main(int argc, char** argv) {
  return restante::app::RunProgram(kProgram, argc, argv, restante::logon::LoadConfig,
                                   restante::logon::CheckFiles, restante::logon::Run);
}
