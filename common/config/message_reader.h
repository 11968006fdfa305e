#ifndef RESTANTE_COMMON_CONFIG_MESSAGE_READER_H_
#define RESTANTE_COMMON_CONFIG_MESSAGE_READER_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <yaml-cpp/yaml.h>

#include <string>

#include "absl/status/status.h"
#include "common/config/config.h"

namespace restante::config {

// Walks a YAML tree and a message's descriptor together and fills the message; the part of
// ParseYaml after the text has become a tree. Notes each key's line, and reports the first fault
// with it. One use, one thread.
class MessageReader {
 public:
  // `lines` outlives the reader.
  explicit MessageReader(KeyLines* lines) : lines_(*lines) {}

  // `path` is the key that `node` stands under, empty at the top.
  absl::Status ReadMessage(const YAML::Node& node, const std::string& path,
                           google::protobuf::Message* message);

 private:
  using Field = google::protobuf::FieldDescriptor;

  absl::Status ReadEntry(const YAML::Node& key, const YAML::Node& value, const std::string& path,
                         google::protobuf::Message* message);
  absl::Status ReadField(const YAML::Node& node, const std::string& path, const Field& field,
                         google::protobuf::Message* message);
  absl::Status ReadList(const YAML::Node& node, const std::string& path, const Field& field,
                        google::protobuf::Message* message);
  absl::Status ReadMap(const YAML::Node& node, const std::string& path, const Field& field,
                       google::protobuf::Message* message);
  // One value of a field: sets it, or adds it where the field is repeated.
  absl::Status ReadValue(const YAML::Node& node, const std::string& path, const Field& field,
                         google::protobuf::Message* message);
  absl::Status ReadDuration(const YAML::Node& node, const std::string& path, const Field& field,
                            google::protobuf::Message* message);
  absl::Status ReadString(const YAML::Node& node, const std::string& path, const Field& field,
                          google::protobuf::Message* message);
  absl::Status ReadEnum(const YAML::Node& node, const std::string& path, const Field& field,
                        google::protobuf::Message* message);
  absl::Status ReadBool(const YAML::Node& node, const std::string& path, const Field& field,
                        google::protobuf::Message* message);
  absl::Status ReadSigned(const YAML::Node& node, const std::string& path, const Field& field,
                          google::protobuf::Message* message);
  absl::Status ReadUnsigned(const YAML::Node& node, const std::string& path, const Field& field,
                            google::protobuf::Message* message);
  absl::Status ReadDouble(const YAML::Node& node, const std::string& path, const Field& field,
                          google::protobuf::Message* message);

  absl::Status CheckRequired(const std::string& path,
                             const google::protobuf::Message& message) const;
  absl::Status UnknownKey(const std::string& path, const std::string& key,
                          const google::protobuf::Descriptor& section) const;
  absl::Status WrongType(const std::string& path, absl::string_view expected,
                         const YAML::Node& node) const;

  KeyLines& lines_;
  int depth_ = 0;
};

}  // namespace restante::config

#endif  // RESTANTE_COMMON_CONFIG_MESSAGE_READER_H_
