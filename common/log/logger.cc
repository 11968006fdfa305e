#include "common/log/logger.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::log {
namespace {

constexpr size_t kMaxTextOctets = 1024;

absl::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  RESTANTE_CHECK(false && "every level has a name");
}

// The longest beginning of `text` within the limit that does not cut a UTF-8 sequence in two.
absl::string_view CutToLimit(absl::string_view text) {
  if (text.size() <= kMaxTextOctets) return text;
  size_t length = kMaxTextOctets;
  constexpr size_t kMaxContinuationOctets = 3;
  for (size_t i = 0; i < kMaxContinuationOctets && (text[length] & 0xc0) == 0x80; ++i) --length;
  return text.substr(0, length);
}

// As most texts are.
bool IsPrintedAsItIs(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char octet) {
    return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\';
  });
}

void AppendJsonUnit(uint16_t unit, std::string* line) {
  if (unit == '"' || unit == '\\') {
    line->push_back('\\');
    line->push_back(static_cast<char>(unit));
  } else if (unit >= 0x20 && unit < 0x7f) {
    line->push_back(static_cast<char>(unit));
  } else {
    absl::StrAppend(line, "\\u", absl::Hex(unit, absl::kZeroPad4));
  }
}

// Octets that are no UTF-8 are shown as \xHH.
void AppendJsonUnits(absl::string_view text, std::string* line) {
  std::optional<std::string> units = Utf8ToUtf16Le(text);
  if (!units) units = Utf8ToUtf16Le(EscapeForLog(text, kMaxTextOctets));
  RESTANTE_CHECK(units.has_value());
  ByteReader reader(*units);
  while (std::optional<uint16_t> unit = reader.ReadU16Le()) AppendJsonUnit(*unit, line);
}

// A JSON string of printable ASCII alone: other characters could steer the terminal that shows the
// line.
void AppendJsonText(absl::string_view text, std::string* line) {
  const absl::string_view kept = CutToLimit(text);
  line->push_back('"');
  if (IsPrintedAsItIs(kept)) {
    line->append(kept.data(), kept.size());
  } else {
    AppendJsonUnits(kept, line);
  }
  if (kept.size() < text.size()) *line += "...";
  line->push_back('"');
}

void AppendJsonNumber(double value, std::string* line) {
  if (!std::isfinite(value)) {
    *line += "null";
    return;
  }
  absl::StrAppendFormat(line, "%.9g", value);
}

struct JsonValue {
  std::string* line;

  void operator()(absl::string_view text) const { AppendJsonText(text, line); }
  void operator()(bool value) const { *line += value ? "true" : "false"; }
  void operator()(double value) const { AppendJsonNumber(value, line); }
  void operator()(int64_t value) const { absl::StrAppend(line, value); }
  void operator()(uint64_t value) const { absl::StrAppend(line, value); }
};

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Logger::Sink write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(absl::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  const Logger::Sink write_;
};

}  // namespace

// spdlog brings the sinks and their locking; lines are built here, so that what a client sent
// cannot change their form.
class Logger::Engine {
 public:
  Engine(absl::string_view program, const Clock& clock, spdlog::sink_ptr sink)
      : program_(program), clock_(clock), output_(program_, std::move(sink)) {
    output_.set_level(spdlog::level::trace);
    output_.set_pattern("%v");
    output_.flush_on(spdlog::level::trace);
  }

  void Write(Level level, absl::string_view event, std::initializer_list<Field> fields) {
    std::string line = absl::StrCat(
        "{\"time\":\"",
        absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock_.WallNow(), absl::UTCTimeZone()),
        "\",\"level\":\"", LevelName(level), "\",\"program\":");
    AppendJsonText(program_, &line);
    line += ",\"event\":";
    AppendJsonText(event, &line);
    for (const Field& field : fields) {
      line.push_back(',');
      AppendJsonText(field.key, &line);
      line.push_back(':');
      std::visit(JsonValue{&line}, field.value.value_);
    }
    line.push_back('}');
    output_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const std::string program_;
  const Clock& clock_;
  spdlog::logger output_;
};

Logger::Logger(absl::string_view program, Level least, const Clock& clock)
    : least_(least),
      engine_(std::make_unique<Engine>(program, clock,
                                       std::make_shared<spdlog::sinks::stdout_sink_mt>())) {}

Logger::Logger(absl::string_view program, Level least, const Clock& clock, Sink sink)
    : least_(least),
      engine_(std::make_unique<Engine>(program, clock,
                                       std::make_shared<FunctionSink>(std::move(sink)))) {}

Logger::~Logger() = default;

void Logger::Debug(absl::string_view event, std::initializer_list<Field> fields) const {
  Write(Level::kDebug, event, fields);
}

void Logger::Info(absl::string_view event, std::initializer_list<Field> fields) const {
  Write(Level::kInfo, event, fields);
}

void Logger::Warn(absl::string_view event, std::initializer_list<Field> fields) const {
  Write(Level::kWarn, event, fields);
}

void Logger::Error(absl::string_view event, std::initializer_list<Field> fields) const {
  Write(Level::kError, event, fields);
}

void Logger::Write(Level level, absl::string_view event,
                   std::initializer_list<Field> fields) const {
  if (Writes(level)) engine_->Write(level, event, fields);
}

}  // namespace restante::log
