#ifndef RESTANTE_AUTH_SERVICE_OAUTH_BOUNDED_JSON_H_
#define RESTANTE_AUTH_SERVICE_OAUTH_BOUNDED_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/string_view.h"

namespace restante::oauth {

// The deepest that what is read here ever is: a list in an object in a list in an object.
inline constexpr int kMostJsonLevels = 8;

// Reads one JSON object (RFC 8259) that came from outside. nullopt when it is none, is longer than
// `max_octets`, has more than kMostJsonLevels, or says a member of an object twice, which readers
// understand differently (RFC 7515 section 4). Pure, thread-safe, throws nothing.
std::optional<nlohmann::json> ParseJsonObject(absl::string_view text, size_t max_octets);

// The member of `object`, when it is there and a string; nullptr else.
const std::string* FindText(const nlohmann::json& object, const char* member);

}  // namespace restante::oauth

#endif  // RESTANTE_AUTH_SERVICE_OAUTH_BOUNDED_JSON_H_
