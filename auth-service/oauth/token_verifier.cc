#include "auth-service/oauth/token_verifier.h"

#include <cmath>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth-service/oauth/base64url.h"
#include "auth-service/oauth/bounded_json.h"
#include "common/base/unicode.h"

namespace restante::oauth {
namespace {

using nlohmann::json;

TokenRefused Invalid(absl::string_view why) {
  return {TokenFault::kInvalid, absl::StrCat("the token ", why)};
}

std::optional<json> DecodePart(absl::string_view part) {
  const std::optional<std::string> text = DecodeBase64Url(part);
  return text ? ParseJsonObject(*text, kMaxTokenOctets) : std::nullopt;
}

std::optional<SignatureAlgorithm> ToAlgorithm(const std::string* name) {
  if (name == nullptr) return std::nullopt;
  if (*name == "RS256") return SignatureAlgorithm::kRs256;
  if (*name == "ES256") return SignatureAlgorithm::kEs256;
  return std::nullopt;
}

// RFC 8725 section 3.11: a token made for something else, such as a logout, says so here.
bool IsTokenType(const json& header) {
  if (!header.contains("typ")) return true;
  const std::string* type = FindText(header, "typ");
  return type != nullptr &&
         (absl::EqualsIgnoreCase(*type, "JWT") || absl::EqualsIgnoreCase(*type, "at+jwt") ||
          absl::EqualsIgnoreCase(*type, "application/at+jwt"));
}

// NumericDate of RFC 7519 section 2; nullopt when the member is not there or no such number.
std::optional<absl::Time> FindTime(const json& claims, const char* member) {
  constexpr double kLatest = 253'402'300'799;  // of the year 9999
  const auto found = claims.find(member);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLatest) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsForAudience(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  for (const json& one : *found) {
    if (one == audience) return true;
  }
  return false;
}

// nullopt when the token may be used now.
std::optional<TokenRefused> CheckTime(const json& claims, absl::Time now, absl::Duration skew) {
  const std::optional<absl::Time> expiry = FindTime(claims, "exp");
  if (!expiry) return Invalid("does not say when it expires");
  if (now >= *expiry + skew) return TokenRefused{TokenFault::kNotNow, "the token has expired"};
  if (!claims.contains("nbf")) return std::nullopt;
  const std::optional<absl::Time> begin = FindTime(claims, "nbf");
  if (!begin) return Invalid("says a beginning that is no time");
  if (now + skew >= *begin) return std::nullopt;
  return TokenRefused{TokenFault::kNotNow, "the token is not valid yet"};
}

std::variant<TokenSubject, TokenRefused> SubjectOf(const json& claims, const std::string& claim) {
  const auto nobody = [&claim](absl::string_view why) {
    return TokenRefused{TokenFault::kNamesNobody,
                        absl::StrCat("the token's claim \"", claim, "\" ", why)};
  };
  const std::string* name = FindText(claims, claim.c_str());
  if (name == nullptr) return nobody("is missing or no text");
  if (name->empty() || name->size() > kMaxSubjectOctets || !FoldName(*name)) {
    return nobody("is not 1 to 320 octets without control characters");
  }
  const auto verified = claims.find("email_verified");
  if (claim == "email" && verified != claims.end() && *verified != true && *verified != "true") {
    return nobody("has not been verified by its issuer");
  }
  return TokenSubject{*name};
}

}  // namespace

std::variant<TokenSubject, TokenRefused> TokenVerifier::Verify(absl::string_view token) const {
  if (token.size() > kMaxTokenOctets) return Invalid("is too long");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, absl::MaxSplits('.', 3));
  if (parts.size() != 3) return Invalid("is no signed JWT");
  const std::optional<json> header = DecodePart(parts[0]);
  if (!header) return Invalid("has a header that is no JSON object");
  const std::optional<SignatureAlgorithm> algorithm = ToAlgorithm(FindText(*header, "alg"));
  if (!algorithm) return Invalid("is not signed with RS256 or ES256");
  if (header->contains("crit")) return Invalid("wants extensions to be understood");
  if (!IsTokenType(*header)) return Invalid("is of another type than JWT or at+jwt");
  if (header->contains("kid") && FindText(*header, "kid") == nullptr) {
    return Invalid("has a key's name that is no text");
  }
  const std::optional<std::string> signature = DecodeBase64Url(parts[2]);
  const absl::string_view text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  if (!signature ||
      !keys_.Current()->Verifies(*algorithm, FindText(*header, "kid"), text, *signature)) {
    return Invalid("is not signed by a key of the key set");
  }
  const std::optional<json> claims = DecodePart(parts[1]);
  if (!claims) return Invalid("has claims that are no JSON object");
  const std::string* issuer = FindText(*claims, "iss");
  if (issuer == nullptr || *issuer != rules_.issuer) {
    return TokenRefused{TokenFault::kForOthers, "the token is of another issuer"};
  }
  if (!IsForAudience(*claims, rules_.audience)) {
    return TokenRefused{TokenFault::kForOthers, "the token is for another audience"};
  }
  if (auto refused = CheckTime(*claims, clock_.WallNow(), rules_.skew)) return *refused;
  return SubjectOf(*claims, rules_.account_claim);
}

}  // namespace restante::oauth
