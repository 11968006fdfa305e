#include "common/app/system_random.h"

#include <openssl/rand.h>

#include <limits>

#include "common/base/check.h"

namespace restante::app {

std::string SystemRandom::Bytes(size_t count) {
  RESTANTE_CHECK(count <= std::numeric_limits<int>::max());
  std::string bytes(count, '\0');
  RESTANTE_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace restante::app
