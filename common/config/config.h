#ifndef RESTANTE_COMMON_CONFIG_CONFIG_H_
#define RESTANTE_COMMON_CONFIG_CONFIG_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Duration;
class Message;
}  // namespace google::protobuf

namespace restante::config {

// Where the keys of a configuration file stand, for what is found wrong with a value after parsing.
// A value; copies are cheap enough for a program's start.
class KeyLines {
 public:
  KeyLines() = default;
  explicit KeyLines(std::string file) : file_(std::move(file)) {}

  // INVALID_ARGUMENT "FILE:LINE: KEY: expected EXPECTED, found FOUND". `key` is the path from the
  // top, "listeners[0].address"; for a key that the file does not have, the line is that of the
  // nearest section around it. FOUND is escaped.
  absl::Status Error(absl::string_view key, absl::string_view expected,
                     absl::string_view found) const;

  // Says that `key` stands on `line` (from 1). For the parser.
  void Add(const std::string& key, int line) { lines_[key] = line; }

 private:
  int LineOf(absl::string_view key) const;

  std::string file_;
  std::map<std::string, int> lines_;
};

// Fills `message` from YAML text, by its descriptor:
//   message                    mapping, keys are field names
//   repeated field             sequence
//   map field                  mapping
//   enum                       the value's name without the enum's prefix, in lower case:
//   LOG_LEVEL_INFO is "info" google.protobuf.Duration   "500ms", "90s", "1m30s", "2h" bool true or
//   false integers                   decimal digits, within the field's type string a scalar; bytes
//   are not supported
// and holds each key against its restante.config.v1.Rule.
//
// INVALID_ARGUMENT "FILE:LINE: KEY: expected ..., found ..." for the first fault: unknown key (with
// the keys known there), duplicate key, wrong type, value out of range, missing required key,
// malformed YAML. An empty text is an empty mapping. At most 1 MiB and 32 levels. `file` is for
// messages only.
absl::StatusOr<KeyLines> ParseYaml(absl::string_view text, absl::string_view file,
                                   google::protobuf::Message* message);

// ParseYaml of a file. NOT_FOUND or PERMISSION_DENIED, with the path, when it cannot be read.
absl::StatusOr<KeyLines> LoadYamlFile(const std::string& path, google::protobuf::Message* message);

// "1m30s"; what ParseYaml takes for a Duration. INVALID_ARGUMENT when it is none, negative, or
// longer than 10,000 hours.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

absl::Duration ToDuration(const google::protobuf::Duration& duration);

}  // namespace restante::config

#endif  // RESTANTE_COMMON_CONFIG_CONFIG_H_
