#ifndef RESTANTE_TOOLS_RESTANTECTL_CONSOLE_H_
#define RESTANTE_TOOLS_RESTANTECTL_CONSOLE_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace restante::ctl {

// Where a command reads secrets and writes its answer. One thread.
class Console {
 public:
  virtual ~Console() = default;

  virtual std::ostream& out() = 0;
  virtual std::ostream& err() = 0;

  // Whether a person sits at standard input.
  virtual bool IsTerminal() const = 0;
  // Whether somebody watches standard error, and so progress.
  virtual bool ShowsProgress() const = 0;

  // Standard input to its end, at most `max_octets`; more is INVALID_ARGUMENT.
  virtual absl::StatusOr<Secret> ReadAll(size_t max_octets) = 0;

  // A line typed at the terminal without showing it, without its end.
  virtual absl::StatusOr<Secret> Ask(const std::string& prompt) = 0;
};

// The process's own streams and terminal.
class SystemConsole : public Console {
 public:
  std::ostream& out() override;
  std::ostream& err() override;
  bool IsTerminal() const override;
  bool ShowsProgress() const override;
  absl::StatusOr<Secret> ReadAll(size_t max_octets) override;
  absl::StatusOr<Secret> Ask(const std::string& prompt) override;
};

// A new password, 1 to 256 octets: all of standard input without the end of its line, or, where a
// person sits there, typed twice. Usage errors for none, too long, and two that differ.
absl::StatusOr<Secret> ReadNewPassword(Console& console);

// A password that exists already, likewise, typed once.
absl::StatusOr<Secret> ReadPassword(Console& console);

// An NT hash, 32 hexadecimal digits, likewise; gives its 16 octets.
absl::StatusOr<Secret> ReadNtHash(Console& console);

// SCRAM-SHA-256 keys likewise, as Dovecot writes them: ITERATIONS,SALT,STOREDKEY,SERVERKEY, the
// last three in base64, and "{SCRAM-SHA-256}" before them or not. How long each may be is the
// server's to say.
struct ScramKeysText {
  uint32_t iterations = 0;
  std::string salt;
  Secret stored_key;
  Secret server_key;
};
absl::StatusOr<ScramKeysText> ReadScramKeys(Console& console);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_CONSOLE_H_
