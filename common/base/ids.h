#ifndef RESTANTE_COMMON_BASE_IDS_H_
#define RESTANTE_COMMON_BASE_IDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/base/random.h"

namespace restante {

// 32 lower-case hexadecimal digits of 128 random bits: the form of attempt_id (one logon) and
// session_id (one open maildrop). Both join the services' log lines.
std::string NewId(Random& random);

// True for the form that NewId makes. Ids from other programs are checked with it before use.
[[nodiscard]] bool IsId(absl::string_view text);

// What a person reads to the help desk for an attempt: its first 40 bits in Crockford's base 32,
// "7F3A-22Q9". `attempt_id` must satisfy IsId.
std::string AttemptReference(absl::string_view attempt_id);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_IDS_H_
