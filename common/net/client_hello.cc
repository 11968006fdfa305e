#include "common/net/client_hello.h"

#include <cstdint>

#include "common/base/byte_reader.h"

namespace restante::net {

absl::StatusOr<size_t> ClientHelloOctets(absl::string_view begin) {
  constexpr uint8_t kHandshakeRecord = 22;
  constexpr uint8_t kMajorVersion = 3;
  constexpr uint8_t kClientHello = 1;
  constexpr size_t kRestOfRecordHeader = 3;  // the minor version and the length
  ByteReader reader(begin);
  if (reader.ReadU8().value_or(kHandshakeRecord) != kHandshakeRecord ||
      reader.ReadU8().value_or(kMajorVersion) != kMajorVersion) {
    return begin.size();
  }
  if (begin.size() < kClientHelloPrefixOctets) return kClientHelloPrefixOctets;
  const bool skipped = reader.Skip(kRestOfRecordHeader);
  if (!skipped || reader.ReadU8() != kClientHello) return begin.size();
  const size_t high = reader.ReadU8().value_or(0);
  const size_t length = (high << 16) | reader.ReadU16Be().value_or(0);
  if (length > kMaxClientHelloOctets) {
    return absl::InvalidArgumentError("TLS: the ClientHello is too long");
  }
  return kClientHelloPrefixOctets + length;
}

}  // namespace restante::net
