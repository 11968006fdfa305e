#ifndef RESTANTE_AUTH_SERVICE_OAUTH_TOKEN_VERIFIER_H_
#define RESTANTE_AUTH_SERVICE_OAUTH_TOKEN_VERIFIER_H_

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/oauth/key_set.h"
#include "common/base/clock.h"

namespace restante::oauth {

inline constexpr size_t kMaxTokenOctets = 8192;
inline constexpr size_t kMaxSubjectOctets = 320;

// Which tokens are taken, and whom they name.
struct TokenRules {
  std::string issuer;    // "iss" must be exactly this
  std::string audience;  // "aud" must be this, or have it among others
  // The claim whose text says who the client is. Of "email", one that the issuer says it has not
  // verified counts for nothing.
  std::string account_claim = "sub";
  // That text is a name as at logon, in place of what the issuer alone calls the client.
  bool claim_is_logon_name = false;
  // How far the issuer's clock and ours may be apart.
  absl::Duration skew = absl::Seconds(60);
};

// The token is good, and names this one.
struct TokenSubject {
  std::string name;  // 1 to kMaxSubjectOctets of UTF-8 without control characters
};

// Why a token is not taken.
enum class TokenFault {
  kInvalid,    // no token, not signed by a known key, or signed in a way that is not taken
  kNotNow,     // expired, or not valid yet
  kForOthers,  // another issuer or audience
  kNamesNobody,
};
struct TokenRefused {
  TokenFault fault = TokenFault::kInvalid;
  std::string finding;  // for a log; holds nothing of the token
};

// Checks JSON Web Tokens (RFC 7519, RFC 8725) signed with RS256 or ES256 by a key of the issuer.
// Nothing is fetched, whatever a token's header names. Thread-safe.
class TokenVerifier {
 public:
  // `keys` and `clock` outlive it.
  TokenVerifier(TokenRules rules, KeySource& keys, const Clock& clock)
      : rules_(std::move(rules)), keys_(keys), clock_(clock) {}

  std::variant<TokenSubject, TokenRefused> Verify(absl::string_view token) const;

  const TokenRules& rules() const { return rules_; }

 private:
  const TokenRules rules_;
  KeySource& keys_;
  const Clock& clock_;
};

}  // namespace restante::oauth

#endif  // RESTANTE_AUTH_SERVICE_OAUTH_TOKEN_VERIFIER_H_
