#ifndef RESTANTE_COMMON_BASE_RANDOM_H_
#define RESTANTE_COMMON_BASE_RANDOM_H_

#include <cstddef>
#include <string>

namespace restante {

// Unpredictable bytes, as an argument. The programs pass SystemRandom (common/app), tests a
// scripted one (tests/support). Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;

  // `count` bytes fit for keys and challenges. Never fails: a machine without randomness is a
  // broken invariant, not an answer.
  virtual std::string Bytes(size_t count) = 0;
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_RANDOM_H_
