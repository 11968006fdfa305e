#ifndef RESTANTE_COMMON_BASE_BYTE_READER_H_
#define RESTANTE_COMMON_BASE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace restante {

// The one bounds-checked cursor over bytes from the wire or from disk. Every read either lies
// wholly inside the buffer or gives nullopt and leaves the position where it was; there is no way
// to move the cursor outside. Views returned point into the caller's buffer and live as long.
//
// Not thread-safe; copy it to look ahead.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : bytes_(bytes) {}

  std::optional<uint8_t> ReadU8();
  std::optional<uint16_t> ReadU16Le();
  std::optional<uint32_t> ReadU32Le();
  std::optional<uint64_t> ReadU64Le();
  std::optional<uint16_t> ReadU16Be();
  std::optional<uint32_t> ReadU32Be();
  std::optional<uint64_t> ReadU64Be();

  // The next `count` bytes.
  std::optional<absl::string_view> ReadBytes(size_t count);

  // A string written by ByteWriter::LengthPrefixed: u32 big-endian length, then the bytes. A
  // length above `max_length` gives nullopt.
  std::optional<absl::string_view> ReadLengthPrefixed(size_t max_length);

  // True when `count` bytes could be skipped.
  [[nodiscard]] bool Skip(size_t count);

  // `length` bytes at `offset` from the start of the buffer, wherever the cursor stands. Does not
  // move it. A zero length is valid at any offset (MS-NLMP clients send offset 0 or worse there).
  std::optional<absl::string_view> At(size_t offset, size_t length) const;

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool empty() const { return remaining() == 0; }
  // Everything not yet read; does not move the cursor.
  absl::string_view rest() const { return bytes_.substr(position_); }

 private:
  template <typename T>
  std::optional<T> ReadLittleEndian();
  template <typename T>
  std::optional<T> ReadBigEndian();

  absl::string_view bytes_;
  size_t position_ = 0;  // never above bytes_.size()
};

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_BYTE_READER_H_
