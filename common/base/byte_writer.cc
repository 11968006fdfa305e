#include "common/base/byte_writer.h"

#include <limits>

#include "common/base/check.h"

namespace restante {

ByteWriter& ByteWriter::LittleEndian(uint64_t value, int size_bytes) {
  for (int i = 0; i < size_bytes; ++i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  return *this;
}

ByteWriter& ByteWriter::BigEndian(uint64_t value, int size_bytes) {
  for (int i = size_bytes - 1; i >= 0; --i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  return *this;
}

ByteWriter& ByteWriter::U8(uint8_t value) { return BigEndian(value, 1); }
ByteWriter& ByteWriter::U16Le(uint16_t value) { return LittleEndian(value, 2); }
ByteWriter& ByteWriter::U32Le(uint32_t value) { return LittleEndian(value, 4); }
ByteWriter& ByteWriter::U64Le(uint64_t value) { return LittleEndian(value, 8); }
ByteWriter& ByteWriter::U16Be(uint16_t value) { return BigEndian(value, 2); }
ByteWriter& ByteWriter::U32Be(uint32_t value) { return BigEndian(value, 4); }
ByteWriter& ByteWriter::U64Be(uint64_t value) { return BigEndian(value, 8); }

ByteWriter& ByteWriter::Bytes(absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  return *this;
}

ByteWriter& ByteWriter::LengthPrefixed(absl::string_view bytes) {
  RESTANTE_CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max());
  return U32Be(static_cast<uint32_t>(bytes.size())).Bytes(bytes);
}

}  // namespace restante
