#include "pop3-frontend/protocol/command.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace restante::pop3 {
namespace {

struct Keyword {
  absl::string_view name;
  Verb verb;
};

constexpr Keyword kKeywords[] = {
    {"USER", Verb::kUser}, {"PASS", Verb::kPass}, {"AUTH", Verb::kAuth}, {"CAPA", Verb::kCapa},
    {"STLS", Verb::kStls}, {"STAT", Verb::kStat}, {"LIST", Verb::kList}, {"RETR", Verb::kRetr},
    {"TOP", Verb::kTop},   {"DELE", Verb::kDele}, {"RSET", Verb::kRset}, {"NOOP", Verb::kNoop},
    {"UIDL", Verb::kUidl}, {"UTF8", Verb::kUtf8}, {"LANG", Verb::kLang}, {"QUIT", Verb::kQuit},
};

}  // namespace

absl::string_view Name(Verb verb) {
  for (const Keyword& keyword : kKeywords) {
    if (keyword.verb == verb) return keyword.name;
  }
  return "";
}

std::optional<Command> ParseCommand(absl::string_view line) {
  if (line.find('\0') != absl::string_view::npos) return std::nullopt;
  size_t space = line.find(' ');
  absl::string_view name = line.substr(0, space);
  for (const Keyword& keyword : kKeywords) {
    if (!absl::EqualsIgnoreCase(keyword.name, name)) continue;
    bool has_argument = space != absl::string_view::npos && space + 1 < line.size();
    return Command{keyword.verb, has_argument ? line.substr(space + 1) : absl::string_view(),
                   has_argument};
  }
  return std::nullopt;
}

std::optional<int32_t> ParseNumber(absl::string_view text) {
  constexpr size_t kMaxDigits = 9;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  int32_t number = 0;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace restante::pop3
