#ifndef RESTANTE_COMMON_BASE_CHECK_H_
#define RESTANTE_COMMON_BASE_CHECK_H_

namespace restante {

// Prints "FILE:LINE: broken invariant: CONDITION" to standard error and aborts.
[[noreturn]] void InvariantBroken(const char* file, int line, const char* condition);

}  // namespace restante

// For invariants of our own code, in every build. Never for input: bytes from outside and likely
// faults are answered with an absl::Status or a value.
#define RESTANTE_CHECK(condition)                                                  \
  do {                                                                             \
    if (!(condition)) ::restante::InvariantBroken(__FILE__, __LINE__, #condition); \
  } while (false)

#endif  // RESTANTE_COMMON_BASE_CHECK_H_
