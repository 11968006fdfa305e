#include <cstdlib>

#include "common/app/process.h"
#include "common/app/system_random.h"
#include "tools/restantectl/command_line.h"
#include "tools/restantectl/console.h"
#include "tools/restantectl/services.h"

int main(int argc, char** argv) {
  restante::app::ForbidCoreDumps();
  // gRPC's own lines would stand between ours; what failed arrives as a status anyway.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);
  restante::app::SystemRandom random;
  restante::ctl::SystemConsole console;
  return static_cast<int>(
      restante::ctl::RunCommandLine(argc, argv, restante::ctl::ConnectByGrpc, console, random));
}
