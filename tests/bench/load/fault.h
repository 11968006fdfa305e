#ifndef RESTANTE_TESTS_BENCH_LOAD_FAULT_H_
#define RESTANTE_TESTS_BENCH_LOAD_FAULT_H_

#include <string>

namespace restante::load {

// Prints "mail_load: WHAT" on standard error and ends the process with status 1: figures of a run
// in which something went wrong are worth nothing. Any thread.
[[noreturn]] void Fail(const std::string& what);

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_FAULT_H_
