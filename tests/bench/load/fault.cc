#include "tests/bench/load/fault.h"

#include <cstdio>
#include <cstdlib>

namespace restante::load {

void Fail(const std::string& what) {
  std::fprintf(stderr, "mail_load: %s\n", what.c_str());
  std::fflush(stderr);
  std::_Exit(1);
}

}  // namespace restante::load
