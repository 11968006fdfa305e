#include "mailstore-service/lmtp/protocol/command.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "mailstore-service/lmtp/protocol/address.h"

namespace restante::lmtp {
namespace {

struct Keyword {
  absl::string_view name;
  Verb verb;
};
constexpr std::array<Keyword, 12> kKeywords = {{{"LHLO", Verb::kLhlo},
                                                {"HELO", Verb::kHelo},
                                                {"EHLO", Verb::kEhlo},
                                                {"MAIL", Verb::kMail},
                                                {"RCPT", Verb::kRcpt},
                                                {"DATA", Verb::kData},
                                                {"RSET", Verb::kRset},
                                                {"NOOP", Verb::kNoop},
                                                {"VRFY", Verb::kVrfy},
                                                {"EXPN", Verb::kExpn},
                                                {"HELP", Verb::kHelp},
                                                {"QUIT", Verb::kQuit}}};

constexpr size_t kMaxClientNameOctets = 255;
// RFC 1870 section 3.
constexpr size_t kMaxSizeDigits = 20;

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }
bool IsNotAscii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// What MAIL and RCPT have in common: PREFIX:<path>, then parameters behind spaces.
struct PathAndParameters {
  std::string address;
  absl::string_view parameters;
};
std::variant<PathAndParameters, ArgumentError> ParsePath(absl::string_view argument,
                                                         absl::string_view prefix) {
  if (!absl::StartsWithIgnoreCase(argument, prefix)) return ArgumentError::kAddressMalformed;
  argument.remove_prefix(prefix.size());
  absl::string_view rest = argument;
  std::optional<std::string> address = ConsumePath(&rest);
  bool ends_well = rest.empty() || rest.front() == ' ';
  if (address && ends_well) return PathAndParameters{*std::move(address), rest};
  return std::any_of(argument.begin(), argument.end(), IsNotAscii)
             ? ArgumentError::kAddressNotAscii
             : ArgumentError::kAddressMalformed;
}

std::optional<int64_t> ParseSize(absl::string_view digits) {
  bool are_digits = !digits.empty() && digits.size() <= kMaxSizeDigits &&
                    std::all_of(digits.begin(), digits.end(), [](char c) {
                      return absl::ascii_isdigit(static_cast<unsigned char>(c));
                    });
  if (!are_digits) return std::nullopt;
  int64_t size = 0;
  if (!absl::SimpleAtoi(digits, &size)) return std::numeric_limits<int64_t>::max();
  return size;
}

std::optional<ArgumentError> TakeParameter(absl::string_view parameter, MailArgument* mail) {
  std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(parameter, absl::MaxSplits('=', 1));
  if (absl::EqualsIgnoreCase(parts.first, "SIZE")) {
    std::optional<int64_t> size = ParseSize(parts.second);
    if (!size || mail->size_octets) return ArgumentError::kParameterMalformed;
    mail->size_octets = size;
    return std::nullopt;
  }
  if (absl::EqualsIgnoreCase(parts.first, "BODY")) {
    // RFC 6152: either way the octets are stored as they come.
    bool is_known = absl::EqualsIgnoreCase(parts.second, "7BIT") ||
                    absl::EqualsIgnoreCase(parts.second, "8BITMIME");
    if (!is_known) return ArgumentError::kParameterMalformed;
    return std::nullopt;
  }
  return ArgumentError::kParameterUnknown;
}

}  // namespace

std::optional<Command> ParseCommand(absl::string_view line) {
  if (std::any_of(line.begin(), line.end(), IsControl)) return std::nullopt;
  size_t space = line.find(' ');
  absl::string_view keyword = line.substr(0, space);
  absl::string_view argument;
  if (space != absl::string_view::npos) {
    argument = absl::StripAsciiWhitespace(line.substr(space));
  }
  for (const Keyword& known : kKeywords) {
    if (absl::EqualsIgnoreCase(keyword, known.name)) return Command{known.verb, argument};
  }
  return std::nullopt;
}

std::variant<MailArgument, ArgumentError> ParseMailArgument(absl::string_view argument) {
  auto parsed = ParsePath(argument, "FROM:");
  if (const ArgumentError* error = std::get_if<ArgumentError>(&parsed)) return *error;
  PathAndParameters& path = std::get<PathAndParameters>(parsed);
  MailArgument mail{std::move(path.address), std::nullopt};
  for (absl::string_view parameter : absl::StrSplit(path.parameters, ' ', absl::SkipEmpty())) {
    std::optional<ArgumentError> error = TakeParameter(parameter, &mail);
    if (error) return *error;
  }
  return mail;
}

std::variant<std::string, ArgumentError> ParseRcptArgument(absl::string_view argument) {
  auto parsed = ParsePath(argument, "TO:");
  if (const ArgumentError* error = std::get_if<ArgumentError>(&parsed)) return *error;
  PathAndParameters& path = std::get<PathAndParameters>(parsed);
  if (path.address.empty()) return ArgumentError::kAddressMalformed;
  if (!absl::StripAsciiWhitespace(path.parameters).empty()) {
    return ArgumentError::kParameterUnknown;
  }
  return std::move(path.address);
}

bool IsClientName(absl::string_view argument) {
  bool is_plain = std::all_of(argument.begin(), argument.end(), [](char c) {
    return c > ' ' && c <= '~' &&
           absl::string_view("()<>\\\",;").find(c) == absl::string_view::npos;
  });
  return is_plain && !argument.empty() && argument.size() <= kMaxClientNameOctets;
}

}  // namespace restante::lmtp
