#include "common/base/crc32c.h"

#include <isa-l.h>

#include <algorithm>

namespace restante {

uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes) {
  // The library counts in int; a piece of this size never comes near its limit.
  constexpr size_t kPiece = size_t{1} << 30;
  while (!bytes.empty()) {
    absl::string_view piece = bytes.substr(0, std::min(kPiece, bytes.size()));
    bytes.remove_prefix(piece.size());
    // The library's signature lacks the const that its contract keeps.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    crc = ~crc32_iscsi(data, static_cast<int>(piece.size()), ~crc);
  }
  return crc;
}

}  // namespace restante
