#include "auth-service/oauth/bearer_message.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth-service/scram/messages.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante::oauth {
namespace {

constexpr char kSeparator = '\x01';
constexpr size_t kMaxPairs = 16;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("bearer message: ", what));
}

bool IsKey(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isalpha(c); });
}

using Pairs = std::map<absl::string_view, absl::string_view>;

// *(key "=" value ^A) ^A, to the end.
absl::StatusOr<Pairs> ReadPairs(absl::string_view text) {
  Pairs pairs;
  while (text.size() > 1) {
    const size_t end = text.find(kSeparator);
    const absl::string_view pair = text.substr(0, end);
    const size_t equals = pair.find('=');
    if (end == absl::string_view::npos || equals == absl::string_view::npos ||
        !IsKey(pair.substr(0, equals))) {
      return Wrong("a part that is not KEY=VALUE");
    }
    if (pairs.size() == kMaxPairs ||
        !pairs.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return Wrong("a part twice, or too many");
    }
    text.remove_prefix(end + 1);
  }
  if (text != absl::string_view(&kSeparator, 1)) return Wrong("no end");
  return pairs;
}

// b64token of RFC 6750 section 2.1.
bool IsToken(absl::string_view text) {
  const absl::string_view body = text.substr(0, text.find_last_not_of('=') + 1);
  return !body.empty() && std::all_of(body.begin(), body.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-._~+/", absl::string_view(&c, 1));
  });
}

absl::StatusOr<Secret> TokenOf(const Pairs& pairs) {
  const auto found = pairs.find("auth");
  if (found == pairs.end()) return Wrong("no \"auth\"");
  absl::string_view value = found->second;
  if (value.empty()) return Secret();
  constexpr absl::string_view kScheme = "Bearer ";
  if (!absl::StartsWithIgnoreCase(value, kScheme)) return Wrong("another scheme than Bearer");
  value.remove_prefix(kScheme.size());
  value = absl::StripLeadingAsciiWhitespace(value);
  if (!IsToken(value)) return Wrong("a token that is none");
  return Secret::CopyOf(value);
}

}  // namespace

absl::StatusOr<BearerMessage> ParseOauthBearer(absl::string_view message) {
  BearerMessage parsed;
  RESTANTE_ASSIGN_OR_RETURN(scram::Gs2Header header, scram::ReadGs2Header(&message));
  if (header.flag == 'p') return Wrong("a channel binding, which the mechanism does not have");
  if (!absl::ConsumePrefix(&message, absl::string_view(&kSeparator, 1))) {
    return Wrong("no separator behind the header");
  }
  RESTANTE_ASSIGN_OR_RETURN(const Pairs pairs, ReadPairs(message));
  RESTANTE_ASSIGN_OR_RETURN(parsed.token, TokenOf(pairs));
  parsed.authorization_id = std::move(header.authorization_id);
  return parsed;
}

absl::StatusOr<BearerMessage> ParseXoauth2(absl::string_view message) {
  BearerMessage parsed;
  RESTANTE_ASSIGN_OR_RETURN(const Pairs pairs, ReadPairs(message));
  const auto user = pairs.find("user");
  if (user == pairs.end() || user->second.empty() || !IsValidUtf8(user->second) ||
      absl::StrContains(user->second, absl::string_view("\0", 1))) {
    return Wrong("no \"user\"");
  }
  parsed.authorization_id = std::string(user->second);
  RESTANTE_ASSIGN_OR_RETURN(parsed.token, TokenOf(pairs));
  return parsed;
}

}  // namespace restante::oauth
