#ifndef RESTANTE_AUTH_SERVICE_OAUTH_BASE64URL_H_
#define RESTANTE_AUTH_SERVICE_OAUTH_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace restante::oauth {

// base64url without padding, as JOSE has it (RFC 7515 section 2), in its one strict form: nullopt
// for a text that encoding its octets would not give.
inline std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string octets;
  if (!absl::WebSafeBase64Unescape(text, &octets)) return std::nullopt;
  if (absl::WebSafeBase64Escape(octets) != text) return std::nullopt;
  return octets;
}

}  // namespace restante::oauth

#endif  // RESTANTE_AUTH_SERVICE_OAUTH_BASE64URL_H_
