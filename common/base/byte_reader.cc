#include "common/base/byte_reader.h"

namespace restante {

std::optional<absl::string_view> ByteReader::ReadBytes(size_t count) {
  if (count > remaining()) return std::nullopt;
  absl::string_view result = bytes_.substr(position_, count);
  position_ += count;
  return result;
}

bool ByteReader::Skip(size_t count) { return ReadBytes(count).has_value(); }

std::optional<absl::string_view> ByteReader::At(size_t offset, size_t length) const {
  if (length == 0) return absl::string_view();
  if (offset > bytes_.size() || length > bytes_.size() - offset) return std::nullopt;
  return bytes_.substr(offset, length);
}

std::optional<absl::string_view> ByteReader::ReadLengthPrefixed(size_t max_length) {
  ByteReader ahead = *this;
  std::optional<uint32_t> length = ahead.ReadU32Be();
  if (!length || *length > max_length) return std::nullopt;
  std::optional<absl::string_view> bytes = ahead.ReadBytes(*length);
  if (bytes) *this = ahead;
  return bytes;
}

template <typename T>
std::optional<T> ByteReader::ReadLittleEndian() {
  std::optional<absl::string_view> bytes = ReadBytes(sizeof(T));
  if (!bytes) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = sizeof(T); i > 0; --i) {
    value = (value << 8) | static_cast<uint8_t>((*bytes)[i - 1]);
  }
  return static_cast<T>(value);
}

template <typename T>
std::optional<T> ByteReader::ReadBigEndian() {
  std::optional<absl::string_view> bytes = ReadBytes(sizeof(T));
  if (!bytes) return std::nullopt;
  uint64_t value = 0;
  for (char c : *bytes) value = (value << 8) | static_cast<uint8_t>(c);
  return static_cast<T>(value);
}

std::optional<uint8_t> ByteReader::ReadU8() { return ReadBigEndian<uint8_t>(); }
std::optional<uint16_t> ByteReader::ReadU16Le() { return ReadLittleEndian<uint16_t>(); }
std::optional<uint32_t> ByteReader::ReadU32Le() { return ReadLittleEndian<uint32_t>(); }
std::optional<uint64_t> ByteReader::ReadU64Le() { return ReadLittleEndian<uint64_t>(); }
std::optional<uint16_t> ByteReader::ReadU16Be() { return ReadBigEndian<uint16_t>(); }
std::optional<uint32_t> ByteReader::ReadU32Be() { return ReadBigEndian<uint32_t>(); }
std::optional<uint64_t> ByteReader::ReadU64Be() { return ReadBigEndian<uint64_t>(); }

}  // namespace restante
