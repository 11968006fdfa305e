#ifndef RESTANTE_TOOLS_RESTANTECTL_OPERATION_OUTPUT_H_
#define RESTANTE_TOOLS_RESTANTECTL_OPERATION_OUTPUT_H_

#include <google/longrunning/operations.pb.h>

#include <cstdint>
#include <string>

namespace restante::ctl {

// What the metadata of every job say.
struct Progress {
  std::string kind;
  std::string unit;  // what is counted
  std::string phase;
  int64_t done = 0;
  int64_t total = 0;
  double rate = 0;
  std::string caller;
  std::string begun;
};

Progress ProgressOf(const google::longrunning::Operation& operation);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_OPERATION_OUTPUT_H_
