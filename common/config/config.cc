#include "common/config/config.h"

#include <errno.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/config/message_reader.h"

namespace restante::config {
namespace {

constexpr size_t kMaxFileOctets = 1 << 20;

absl::StatusOr<YAML::Node> ParseTree(absl::string_view text, absl::string_view file) {
  // yaml-cpp reports by exception.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": expected one YAML document, found ", documents.size()));
    }
    if (documents.empty() || documents.front().IsNull()) return YAML::Node(YAML::NodeType::Map);
    return documents.front();
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(file, ":", error.mark.line + 1,
                                                   ": expected YAML, found a fault: ", error.msg));
  }
}

}  // namespace

absl::Status KeyLines::Error(absl::string_view key, absl::string_view expected,
                             absl::string_view found) const {
  const std::string where = key.empty() ? "the file" : EscapeForLog(key, 256);
  return absl::InvalidArgumentError(absl::StrCat(file_, ":", LineOf(key), ": ", where,
                                                 ": expected ", expected, ", found ",
                                                 EscapeForLog(found, 128)));
}

int KeyLines::LineOf(absl::string_view key) const {
  while (!key.empty()) {
    const auto found = lines_.find(std::string(key));
    if (found != lines_.end()) return found->second;
    const size_t end = key.find_last_of(".[");
    key = end == absl::string_view::npos ? "" : key.substr(0, end);
  }
  return 1;
}

absl::StatusOr<KeyLines> ParseYaml(absl::string_view text, absl::string_view file,
                                   google::protobuf::Message* message) {
  if (text.size() > kMaxFileOctets) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": expected at most 1 MiB, found more"));
  }
  RESTANTE_ASSIGN_OR_RETURN(const YAML::Node tree, ParseTree(text, file));
  KeyLines lines{std::string(file)};
  RESTANTE_RETURN_IF_ERROR(MessageReader(&lines).ReadMessage(tree, "", message));
  return lines;
}

absl::StatusOr<KeyLines> LoadYamlFile(const std::string& path, google::protobuf::Message* message) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileOctets + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof())) {
    const int error = errno != 0 ? errno : EIO;
    const std::string why =
        absl::StrCat(path, ": cannot be read: ", std::system_category().message(error));
    return error == EACCES ? absl::PermissionDeniedError(why) : absl::NotFoundError(why);
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return ParseYaml(text, path, message);
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  constexpr absl::Duration kLongest = absl::Hours(10'000);
  absl::Duration duration;
  // The first digit keeps out signs and "inf", which Abseil takes.
  const bool well_formed = !text.empty() && absl::ascii_isdigit(text.front()) &&
                           absl::ParseDuration(text, &duration) && duration <= kLongest;
  if (!well_formed) return absl::InvalidArgumentError("expected a duration such as 1m30s");
  return duration;
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace restante::config
