#ifndef RESTANTE_COMMON_LOG_LOGGER_H_
#define RESTANTE_COMMON_LOG_LOGGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace restante::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// One typed value of a log line. Text is escaped by the logger, cut at 1,024 octets and marked
// "...", so that no client's text can forge or break a line; a Duration is written in seconds.
// Secrets have no conversion. Views must live until the logging call returns.
class Value {
 public:
  Value(absl::string_view text) : value_(text) {}                        // NOLINT: implicit
  Value(const char* text) : value_(absl::string_view(text)) {}           // NOLINT: implicit
  Value(const std::string& text) : value_(absl::string_view(text)) {}    // NOLINT: implicit
  Value(bool value) : value_(value) {}                                   // NOLINT: implicit
  Value(double value) : value_(value) {}                                 // NOLINT: implicit
  Value(absl::Duration value) : value_(absl::ToDoubleSeconds(value)) {}  // NOLINT: implicit
  template <typename T,
            std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  Value(T value) {  // NOLINT: implicit
    if constexpr (std::is_signed_v<T>) {
      value_ = static_cast<int64_t>(value);
    } else {
      value_ = static_cast<uint64_t>(value);
    }
  }

 private:
  friend class Logger;
  std::variant<absl::string_view, int64_t, uint64_t, bool, double> value_;
};

// `key`: a literal of [a-z0-9_]; "time", "level", "program" and "event" are the logger's own.
struct Field {
  absl::string_view key;
  Value value;
};

// Writes one JSON object a line:
//   {"time":"2025-03-01T12:00:00.123456Z","level":"info","program":"restante-auth","event":"started","port":7410}
// `event` is a literal of [a-z0-9_] that says what happened; operators search for it. Names for
// common fields: attempt_id, session_id, account, mailbox_id, client_address, error.
//
// Thread-safe. Lives in app.cc and outlives everything that logs.
class Logger {
 public:
  using Sink = std::function<void(absl::string_view line)>;

  // To standard output, flushed line by line. `clock` outlives the logger.
  Logger(absl::string_view program, Level least, const Clock& clock);
  // To `sink`, called with one line without its newline, never by two threads at once.
  Logger(absl::string_view program, Level least, const Clock& clock, Sink sink);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Debug(absl::string_view event, std::initializer_list<Field> fields = {}) const;
  void Info(absl::string_view event, std::initializer_list<Field> fields = {}) const;
  void Warn(absl::string_view event, std::initializer_list<Field> fields = {}) const;
  void Error(absl::string_view event, std::initializer_list<Field> fields = {}) const;

  // From now on.
  void SetLeastLevel(Level least) { least_ = least; }

  // Whether lines of `level` are written; to spare the making of costly fields.
  bool Writes(Level level) const { return level >= least_; }

 private:
  class Engine;

  void Write(Level level, absl::string_view event, std::initializer_list<Field> fields) const;

  std::atomic<Level> least_;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::log

#endif  // RESTANTE_COMMON_LOG_LOGGER_H_
