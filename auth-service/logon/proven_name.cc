#include "auth-service/logon/proven_name.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "auth-service/logon/name_rules.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

constexpr absl::string_view kSeparators = "\\/@";

bool IsPart(absl::string_view part) {
  return !part.empty() && part.find_first_of(kSeparators) == absl::string_view::npos;
}

std::optional<ProvenName> Whole(ProvenName name) {
  if (!IsPart(name.user)) return std::nullopt;
  if (name.form != NameForm::kUser && !IsPart(name.qualifier)) return std::nullopt;
  return name;
}

// user, DOMAIN\user or user@realm.
std::optional<ProvenName> ParseWithoutAlias(absl::string_view text) {
  ProvenName name;
  if (const size_t backslash = text.find('\\'); backslash != absl::string_view::npos) {
    name.form = NameForm::kDomainUser;
    name.qualifier = std::string(text.substr(0, backslash));
    name.user = std::string(text.substr(backslash + 1));
  } else if (const size_t at = text.rfind('@'); at != absl::string_view::npos) {
    name.form = NameForm::kUserAtRealm;
    name.user = std::string(text.substr(0, at));
    name.qualifier = std::string(text.substr(at + 1));
  } else {
    name.user = std::string(text);
  }
  return Whole(std::move(name));
}

}  // namespace

std::optional<ProvenName> ParseName(absl::string_view text) {
  if (text.empty() || text.size() > kMaxClientNameOctets || !FoldName(text)) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() == 1) return ParseWithoutAlias(text);
  if (parts.size() > 3 || !IsPart(parts.back())) return std::nullopt;
  std::optional<ProvenName> name;
  if (parts.size() == 2) {
    name = ParseWithoutAlias(parts[0]);
  } else {
    name = Whole({NameForm::kDomainUser, std::string(parts[1]), std::string(parts[0]), ""});
  }
  if (name) name->alias = std::string(parts.back());
  return name;
}

std::optional<ProvenName> ParseNtlmName(absl::string_view domain, absl::string_view user) {
  // Controls are in nobody's name. Clients that take UTF-8 for Latin-1 bring them in: most letters
  // of most scripts have octets from 0x80 to 0x9f.
  if (!FoldName(user)) {
    const std::optional<std::string> narrowed = NarrowedUser(user);
    if (!narrowed || !FoldName(*narrowed)) return std::nullopt;
    return ParseNtlmName(domain, *narrowed);
  }
  if (domain.empty() || user.find_first_of(kSeparators) != absl::string_view::npos) {
    return ParseName(user);
  }
  if (domain.size() + user.size() > kMaxClientNameOctets) return std::nullopt;
  // A domain with separators in it is nobody's: it stays unknown, and no error.
  if (user.empty() || !FoldName(user) || !FoldName(domain)) return std::nullopt;
  return ProvenName{NameForm::kNtlmFields, std::string(user), std::string(domain), ""};
}

}  // namespace restante::logon
