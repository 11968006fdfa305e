#include "common/app/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/check.h"

namespace restante::app {

void ForbidCoreDumps() {
  const rlimit none = {0, 0};
  RESTANTE_CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
  // The limit alone does not hold where the kernel pipes cores to a program.
  RESTANTE_CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

}  // namespace restante::app
