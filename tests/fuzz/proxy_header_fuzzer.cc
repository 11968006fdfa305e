// The PROXY header of a connection, as it comes in two pieces: taken octets are the header's own,
// and the pieces make no difference. The input's first octet says where the first piece ends.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/net/ip_network.h"
#include "common/net/proxy_header.h"

namespace {

using restante::net::IpNetwork;
using restante::net::ProxyHeaderReader;

// What comes of the octets, with those taken in all; "refused" and "unfinished" take no part.
std::string Read(absl::string_view octets, size_t split) {
  ProxyHeaderReader reader;
  size_t position = 0;
  for (size_t end : {split, octets.size()}) {
    while (!reader.done() && position < end) {
      auto taken = reader.Take(octets.substr(position, end - position));
      if (!taken.ok()) return "refused";
      RESTANTE_CHECK(*taken > 0 && *taken <= end - position);
      position += *taken;
      RESTANTE_CHECK(position <= ProxyHeaderReader::kMaxOctets);
    }
  }
  if (!reader.done()) return "unfinished";
  if (!reader.client()) return absl::StrCat("unknown ", position);
  // An address that is one.
  RESTANTE_CHECK(IpNetwork::Parse(reader.client()->address).ok());
  return absl::StrCat(reader.client()->address, " ", reader.client()->port, " ", position);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  size_t split = static_cast<uint8_t>(input.front()) % input.size();
  input.remove_prefix(1);
  RESTANTE_CHECK(Read(input, split) == Read(input, input.size()));
  return 0;
}
