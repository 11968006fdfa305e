#ifndef RESTANTE_COMMON_APP_PROCESS_H_
#define RESTANTE_COMMON_APP_PROCESS_H_

namespace restante::app {

// Keeps passwords and keys out of core files and away from other processes of the same user
// (PR_SET_DUMPABLE, RLIMIT_CORE). Call it early in main.
void ForbidCoreDumps();

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_PROCESS_H_
