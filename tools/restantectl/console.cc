#include "tools/restantectl/console.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"

namespace restante::ctl {
namespace {

constexpr size_t kMaxPasswordOctets = 256;
constexpr size_t kNtHashDigits = 32;
constexpr size_t kMaxScramKeysOctets = 512;
// Room for the end of a line.
constexpr size_t kMaxLineEndOctets = 2;

// Reads until the end of input or, where asked, of the line, an octet at a time so that nothing of
// a secret stays in a stream's buffer.
absl::StatusOr<Secret> ReadOctets(size_t max_octets, bool stop_at_line_end) {
  std::string text;
  text.reserve(max_octets + 1);
  while (true) {
    char octet = 0;
    const ssize_t count = read(STDIN_FILENO, &octet, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return UsageError(
          absl::StrCat("standard input cannot be read: ", std::system_category().message(errno)));
    }
    if (count == 0 || (stop_at_line_end && octet == '\n')) return Secret(std::move(text));
    if (text.size() == max_octets) {
      Wipe(&text);
      return UsageError(absl::StrCat("standard input is longer than ", max_octets, " octets"));
    }
    text.push_back(octet);
  }
}

// Keeps the terminal from showing what is typed.
class SilentTerminal {
 public:
  SilentTerminal() : changed_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_;
  const bool changed_;
};

Secret WithoutLineEnd(const Secret& text) {
  absl::string_view line = text.view();
  absl::ConsumeSuffix(&line, "\n");
  absl::ConsumeSuffix(&line, "\r");
  return Secret::CopyOf(line);
}

absl::StatusOr<Secret> ReadLine(Console& console, size_t max_octets, const std::string& prompt) {
  if (console.IsTerminal()) return console.Ask(prompt);
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, console.ReadAll(max_octets + kMaxLineEndOctets));
  return WithoutLineEnd(text);
}

}  // namespace

std::ostream& SystemConsole::out() { return std::cout; }
std::ostream& SystemConsole::err() { return std::cerr; }
bool SystemConsole::IsTerminal() const { return isatty(STDIN_FILENO) == 1; }
bool SystemConsole::ShowsProgress() const { return isatty(STDERR_FILENO) == 1; }

absl::StatusOr<Secret> SystemConsole::ReadAll(size_t max_octets) {
  return ReadOctets(max_octets, /*stop_at_line_end=*/false);
}

absl::StatusOr<Secret> SystemConsole::Ask(const std::string& prompt) {
  std::cerr << prompt << std::flush;
  const SilentTerminal silent;
  absl::StatusOr<Secret> line = ReadOctets(kMaxPasswordOctets, /*stop_at_line_end=*/true);
  std::cerr << std::endl;
  return line;
}

absl::StatusOr<Secret> ReadNewPassword(Console& console) {
  RESTANTE_ASSIGN_OR_RETURN(Secret password,
                            ReadLine(console, kMaxPasswordOctets, "New password: "));
  if (password.empty()) return UsageError("the password is empty");
  if (password.size() > kMaxPasswordOctets) return UsageError("the password is over 256 octets");
  if (console.IsTerminal()) {
    RESTANTE_ASSIGN_OR_RETURN(const Secret again, console.Ask("Again: "));
    if (!password.EqualsInConstantTime(again.view())) {
      return UsageError("the two passwords differ");
    }
  }
  return password;
}

absl::StatusOr<Secret> ReadPassword(Console& console) {
  return ReadLine(console, kMaxPasswordOctets, "Password: ");
}

absl::StatusOr<Secret> ReadNtHash(Console& console) {
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, ReadLine(console, kNtHashDigits, "NT hash: "));
  const absl::string_view digits = text.view();
  if (digits.size() != kNtHashDigits ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
    return UsageError("expected an NT hash of 32 hexadecimal digits");
  }
  return Secret(absl::HexStringToBytes(digits));
}

absl::StatusOr<ScramKeysText> ReadScramKeys(Console& console) {
  const auto wrong = [] {
    return UsageError("expected ITERATIONS,SALT,STOREDKEY,SERVERKEY, the last three in base64");
  };
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, ReadLine(console, kMaxScramKeysOctets, "Keys: "));
  absl::string_view line = text.view();
  absl::ConsumePrefix(&line, "{SCRAM-SHA-256}");
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
  ScramKeysText keys;
  std::string stored_key;
  std::string server_key;
  const bool good = fields.size() == 4 && absl::SimpleAtoi(fields[0], &keys.iterations) &&
                    absl::Base64Unescape(fields[1], &keys.salt) &&
                    absl::Base64Unescape(fields[2], &stored_key) &&
                    absl::Base64Unescape(fields[3], &server_key);
  keys.stored_key = Secret(std::move(stored_key));
  keys.server_key = Secret(std::move(server_key));
  if (!good) return wrong();
  return keys;
}

}  // namespace restante::ctl
