#ifndef RESTANTE_TESTS_BENCH_LOAD_PACED_RUN_H_
#define RESTANTE_TESTS_BENCH_LOAD_PACED_RUN_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "tests/bench/load/works.h"

namespace restante::load {

// Does unit `number` (0 to one less than their count) and returns the octets of mail it moved.
using UnitRunner = std::function<uint64_t(size_t number)>;

// Does `units` units on pace.connections threads. Each thread calls `make_runner` once, with its
// own number from 0, and uses what it returns alone. Returns when all are done.
Outcome RunPaced(Pace pace, size_t units, const std::function<UnitRunner(size_t)>& make_runner);

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_PACED_RUN_H_
