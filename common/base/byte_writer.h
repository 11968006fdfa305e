#ifndef RESTANTE_COMMON_BASE_BYTE_WRITER_H_
#define RESTANTE_COMMON_BASE_BYTE_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// Builds the bytes that ByteReader reads, one call a field. Not thread-safe.
class ByteWriter {
 public:
  ByteWriter& U8(uint8_t value);
  ByteWriter& U16Le(uint16_t value);
  ByteWriter& U32Le(uint32_t value);
  ByteWriter& U64Le(uint64_t value);
  ByteWriter& U16Be(uint16_t value);
  ByteWriter& U32Be(uint32_t value);
  ByteWriter& U64Be(uint64_t value);
  ByteWriter& Bytes(absl::string_view bytes);
  // u32 big-endian length, then the bytes; at most 2^32-1 of them.
  ByteWriter& LengthPrefixed(absl::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  ByteWriter& LittleEndian(uint64_t value, int size_bytes);
  ByteWriter& BigEndian(uint64_t value, int size_bytes);

  std::string bytes_;
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_BYTE_WRITER_H_
