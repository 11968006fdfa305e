#ifndef RESTANTE_COMMON_BASE_CRC32C_H_
#define RESTANTE_COMMON_BASE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace restante {

// CRC-32C (Castagnoli, RFC 3720 B.4), the checksum of delivered messages. Extend a running value
// with the next piece; start from 0.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_CRC32C_H_
