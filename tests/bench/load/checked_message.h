#ifndef RESTANTE_TESTS_BENCH_LOAD_CHECKED_MESSAGE_H_
#define RESTANTE_TESTS_BENCH_LOAD_CHECKED_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::load {

// The smallest message that there is room for.
inline constexpr size_t kLeastMessageOctets = 256;

// A mail of exactly `octets` octets (kLeastMessageOctets at least), other for every `number`, that
// carries the CRC-32C of its body in a header field. Lines of text ended by CRLF, some of them
// beginning with a dot.
std::string MakeCheckedMessage(uint64_t number, size_t octets);

// Whether a mail's body is what MakeCheckedMessage made. What delivery put ahead of it is allowed.
bool IsIntact(absl::string_view message);

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_CHECKED_MESSAGE_H_
