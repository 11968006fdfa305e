#include "common/app/run_program.h"
#include "pop3-frontend/app/app.h"
#include "pop3-frontend/app/config.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-pop3",
    "Serves mailboxes to mail clients over POP3 and POP3S. It asks restante-auth who a client is, "
    "and fetches messages from restante-mailstore.",
    "/etc/restante/pop3.yaml", "docs/configuration/pop3.md"};

}  // namespace

int main(int argc, char** argv) {
  return restante::app::RunProgram(kProgram, argc, argv, restante::pop3::LoadConfig,
                                   restante::pop3::CheckFiles, restante::pop3::Run);
}
