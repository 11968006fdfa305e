#include "mailstore-service/lmtp/protocol/line_assembler.h"

#include <utility>

namespace restante::lmtp {

LineAssembler::Result LineAssembler::Take(absl::string_view* octets) {
  while (!octets->empty()) {
    char octet = octets->front();
    octets->remove_prefix(1);
    bool ends = octet == '\n' && ends_in_cr_;
    ends_in_cr_ = octet == '\r';
    if (!ends) {
      // One more octet than the limit could still be the CR of the line's end.
      too_long_ = too_long_ || line_.size() > kMaxLineOctets ||
                  (line_.size() == kMaxLineOctets && octet != '\r');
      if (!too_long_) line_.push_back(octet);
      continue;
    }
    std::string line = std::exchange(line_, std::string());
    if (std::exchange(too_long_, false)) return TooLong();
    line.pop_back();
    return Line{std::move(line)};
  }
  return NeedMore();
}

}  // namespace restante::lmtp
