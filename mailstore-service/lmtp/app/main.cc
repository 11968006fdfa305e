#include "common/app/run_program.h"
#include "mailstore-service/lmtp/app/app.h"
#include "mailstore-service/lmtp/app/config.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-lmtp",
    "Takes mail from mail servers over LMTP. It asks restante-auth whose mailbox a recipient is, "
    "and delivers to restante-mailstore.",
    "/etc/restante/lmtp.yaml", "docs/configuration/lmtp.md"};

}  // namespace

int main(int argc, char** argv) {
  return restante::app::RunProgram(kProgram, argc, argv, restante::lmtp::LoadConfig,
                                   restante::lmtp::CheckFiles, restante::lmtp::Run);
}
