#include "mailstore-service/lmtp/protocol/address.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace restante::lmtp {
namespace {

bool IsAtext(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != absl::string_view::npos;
}

bool IsPrintable(char c) { return c >= ' ' && c <= '~'; }

// Takes as many octets as `accept` says yes to.
template <typename Accept>
absl::string_view ConsumeWhile(absl::string_view* text, Accept accept) {
  size_t length = 0;
  while (length < text->size() && accept((*text)[length])) ++length;
  absl::string_view taken = text->substr(0, length);
  text->remove_prefix(length);
  return taken;
}

// Atoms with single dots between them.
bool IsDotString(absl::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  char previous = 0;
  for (char c : text) {
    if (c == '.' ? previous == '.' : !IsAtext(c)) return false;
    previous = c;
  }
  return true;
}

// What stands between the quotes, without its backslashes.
std::optional<std::string> ConsumeQuotedString(absl::string_view* text) {
  if (!absl::ConsumePrefix(text, "\"")) return std::nullopt;
  std::string content;
  while (!text->empty() && IsPrintable(text->front())) {
    if (absl::ConsumePrefix(text, "\"")) return content;
    if (absl::ConsumePrefix(text, "\\") && (text->empty() || !IsPrintable(text->front()))) {
      return std::nullopt;
    }
    content.push_back(text->front());
    text->remove_prefix(1);
  }
  return std::nullopt;
}

std::string QuoteWhereNeeded(absl::string_view local_part) {
  if (IsDotString(local_part)) return std::string(local_part);
  std::string quoted = "\"";
  for (char c : local_part) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::optional<std::string> ConsumeLocalPart(absl::string_view* text) {
  std::string local_part;
  if (!text->empty() && text->front() == '"') {
    std::optional<std::string> content = ConsumeQuotedString(text);
    if (!content) return std::nullopt;
    local_part = QuoteWhereNeeded(*content);
  } else {
    absl::string_view dotted = ConsumeWhile(text, [](char c) { return IsAtext(c) || c == '.'; });
    if (!IsDotString(dotted)) return std::nullopt;
    local_part = std::string(dotted);
  }
  if (local_part.size() > kMaxLocalPartOctets) return std::nullopt;
  return local_part;
}

bool IsHostName(absl::string_view text) {
  char previous = '.';
  for (char c : text) {
    bool separates = c == '.' || c == '-';
    if (separates && previous == '.') return false;
    if (c == '.' && previous == '-') return false;
    previous = c;
  }
  return !text.empty() && previous != '.' && previous != '-';
}

// A host name or an address literal in brackets.
std::optional<absl::string_view> ConsumeDomain(absl::string_view* text) {
  absl::string_view whole = *text;
  if (absl::ConsumePrefix(text, "[")) {
    absl::string_view literal = ConsumeWhile(text, [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == ':' || c == '-';
    });
    if (literal.empty() || !absl::ConsumePrefix(text, "]")) return std::nullopt;
  } else {
    absl::string_view name = ConsumeWhile(text, [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
    });
    if (!IsHostName(name)) return std::nullopt;
  }
  absl::string_view domain = whole.substr(0, whole.size() - text->size());
  if (domain.size() > kMaxDomainOctets) return std::nullopt;
  return domain;
}

// "@one,@two:" ahead of the address.
bool SkipSourceRoute(absl::string_view* text) {
  if (text->empty() || text->front() != '@') return true;
  do {
    if (!absl::ConsumePrefix(text, "@") || !ConsumeDomain(text)) return false;
  } while (absl::ConsumePrefix(text, ","));
  return absl::ConsumePrefix(text, ":");
}

}  // namespace

std::optional<std::string> ConsumePath(absl::string_view* text) {
  if (!absl::ConsumePrefix(text, "<")) return std::nullopt;
  if (absl::ConsumePrefix(text, ">")) return std::string();
  if (!SkipSourceRoute(text)) return std::nullopt;
  std::optional<std::string> address = ConsumeLocalPart(text);
  if (!address) return std::nullopt;
  if (absl::ConsumePrefix(text, "@")) {
    std::optional<absl::string_view> domain = ConsumeDomain(text);
    if (!domain) return std::nullopt;
    absl::StrAppend(&*address, "@", *domain);
  }
  if (!absl::ConsumePrefix(text, ">")) return std::nullopt;
  return address;
}

}  // namespace restante::lmtp
