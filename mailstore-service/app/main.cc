#include "common/app/run_program.h"
#include "mailstore-service/app/app.h"
#include "mailstore-service/app/config.h"
#include "mailstore-service/app/offline_tasks.h"

namespace {

const restante::app::ProgramDescription kProgram = {
    "restante-mailstore",
    "Keeps the mail of one placement. Front ends read and delete through it, restante-lmtp "
    "delivers into it.",
    "/etc/restante/mailstore.yaml", "docs/configuration/mailstore.md",
    restante::mailstore::OfflineTasks()};

}  // namespace

int main(int argc, char** argv) {
  return restante::app::RunProgram(kProgram, argc, argv, restante::mailstore::LoadConfig,
                                   restante::mailstore::CheckFiles, restante::mailstore::Run,
                                   restante::mailstore::DoOfflineTask);
}
