#ifndef RESTANTE_COMMON_BASE_UNICODE_H_
#define RESTANTE_COMMON_BASE_UNICODE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// Text in the forms that Windows protocols use. Pure functions, thread-safe.

[[nodiscard]] bool IsValidUtf8(absl::string_view text);

// nullopt for invalid UTF-8.
std::optional<std::string> Utf8ToUtf16Le(absl::string_view utf8);

// nullopt for an odd byte count or an unpaired surrogate.
std::optional<std::string> Utf16LeToUtf8(absl::string_view utf16le);

// Upper case as Windows does it for NTLM: one code point for one, so that U+00DF stays as it is,
// and none that would leave the Basic Multilingual Plane. nullopt for invalid UTF-8.
std::optional<std::string> UpperSimple(absl::string_view utf8);

// The form in which names are compared and kept unique: composed (NFC), then UpperSimple. Two names
// are the same name when, and only when, their folded forms are equal octets. nullopt for invalid
// UTF-8 and for text with control characters.
std::optional<std::string> FoldName(absl::string_view utf8);

// Whether both are the same name, or the same octets, which may be no name.
[[nodiscard]] bool SameName(absl::string_view a, absl::string_view b);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_UNICODE_H_
