#ifndef RESTANTE_COMMON_APP_SYSTEM_RANDOM_H_
#define RESTANTE_COMMON_APP_SYSTEM_RANDOM_H_

#include <string>

#include "common/base/random.h"

namespace restante::app {

// OpenSSL's RAND_bytes.
class SystemRandom : public Random {
 public:
  std::string Bytes(size_t count) override;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_SYSTEM_RANDOM_H_
