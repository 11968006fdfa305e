#include "common/config/message_reader.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "restante/config/v1/rule.pb.h"

namespace restante::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 32;

const v1::Rule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

std::string Join(const std::string& path, const std::string& key) {
  return path.empty() ? key : absl::StrCat(path, ".", key);
}

// A scalar that YAML does not read as text because somebody quoted it.
bool IsPlain(const YAML::Node& node) { return node.IsScalar() && node.Tag() != "!"; }

std::string Describe(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return "nothing";
    case YAML::NodeType::Scalar:
      return IsPlain(node) ? node.Scalar() : absl::StrCat("the text '", node.Scalar(), "'");
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a section";
  }
  RESTANTE_CHECK(false && "every YAML node has a kind");
}

// "LOG_LEVEL_" of an enum whose zero is LOG_LEVEL_UNSPECIFIED.
absl::string_view PrefixOf(const EnumDescriptor& type) {
  absl::string_view prefix = type.value(0)->name();
  RESTANTE_CHECK(absl::ConsumeSuffix(&prefix, "UNSPECIFIED"));
  return prefix;
}

std::string ShortName(const EnumValueDescriptor& value) {
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), PrefixOf(*value.type())));
}

// "HOST:PORT", "[IPV6]:PORT".
bool IsHostPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!bracketed && absl::StrContains(host, ':')) return false;
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  int number = 0;
  return digits && absl::SimpleAtoi(port, &number) && number <= 65535;
}

// Digits with an optional sign: absl::SimpleAtoi would also take blanks and a plus.
template <typename T>
bool ParseInteger(absl::string_view text, T* value) {
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "-");
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, value);
}

// Fewest single-character changes from one to the other.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

absl::Status MessageReader::ReadMessage(const YAML::Node& node, const std::string& path,
                                        Message* message) {
  if (!node.IsMap()) return WrongType(path, "a section with keys", node);
  if (depth_ == kMaxDepth) return lines_.Error(path, "fewer levels", "more than 32");
  ++depth_;
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) return WrongType(path, "keys that are names", entry.first);
    const std::string& key = entry.first.Scalar();
    const std::string entry_path = Join(path, key);
    lines_.Add(entry_path, LineOf(entry.first));
    if (!seen.insert(key).second) return lines_.Error(entry_path, "each key once", "it again");
    RESTANTE_RETURN_IF_ERROR(ReadEntry(entry.first, entry.second, path, message));
  }
  --depth_;
  return CheckRequired(path, *message);
}

absl::Status MessageReader::ReadEntry(const YAML::Node& key, const YAML::Node& value,
                                      const std::string& path, Message* message) {
  const Descriptor& section = *message->GetDescriptor();
  const FieldDescriptor* field = section.FindFieldByName(key.Scalar());
  const std::string entry_path = Join(path, key.Scalar());
  if (field == nullptr) return UnknownKey(entry_path, key.Scalar(), section);
  const auto* oneof = field->real_containing_oneof();
  if (oneof != nullptr && message->GetReflection()->HasOneof(*message, oneof)) {
    const auto* other = message->GetReflection()->GetOneofFieldDescriptor(*message, oneof);
    return lines_.Error(entry_path, absl::StrCat("either this or ", other->name()), "both");
  }
  return ReadField(value, entry_path, *field, message);
}

absl::Status MessageReader::ReadField(const YAML::Node& node, const std::string& path,
                                      const Field& field, Message* message) {
  if (field.is_map()) return ReadMap(node, path, field, message);
  if (field.is_repeated()) return ReadList(node, path, field, message);
  return ReadValue(node, path, field, message);
}

absl::Status MessageReader::ReadList(const YAML::Node& node, const std::string& path,
                                     const Field& field, Message* message) {
  if (!node.IsSequence()) return WrongType(path, "a list", node);
  const v1::Rule& rule = RuleOf(field);
  if (rule.has_max_items() && node.size() > static_cast<size_t>(rule.max_items())) {
    return lines_.Error(path, absl::StrCat("at most ", rule.max_items(), " items"),
                        absl::StrCat(node.size()));
  }
  size_t index = 0;
  for (const YAML::Node& item : node) {
    const std::string item_path = absl::StrCat(path, "[", index++, "]");
    lines_.Add(item_path, LineOf(item));
    RESTANTE_RETURN_IF_ERROR(ReadValue(item, item_path, field, message));
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadMap(const YAML::Node& node, const std::string& path,
                                    const Field& field, Message* message) {
  if (!node.IsMap()) return WrongType(path, "a section with keys", node);
  const v1::Rule& rule = RuleOf(field);
  if (rule.has_max_items() && node.size() > static_cast<size_t>(rule.max_items())) {
    return lines_.Error(path, absl::StrCat("at most ", rule.max_items(), " keys"),
                        absl::StrCat(node.size()));
  }
  std::set<std::string> seen;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) return WrongType(path, "keys that are names", pair.first);
    const std::string entry_path = Join(path, pair.first.Scalar());
    lines_.Add(entry_path, LineOf(pair.first));
    if (!seen.insert(pair.first.Scalar()).second) {
      return lines_.Error(entry_path, "each key once", "it again");
    }
    Message* entry = message->GetReflection()->AddMessage(message, &field);
    const Descriptor& type = *field.message_type();
    RESTANTE_RETURN_IF_ERROR(ReadValue(pair.first, entry_path, *type.map_key(), entry));
    RESTANTE_RETURN_IF_ERROR(ReadValue(pair.second, entry_path, *type.map_value(), entry));
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadValue(const YAML::Node& node, const std::string& path,
                                      const Field& field, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type() == google::protobuf::Duration::descriptor()) {
        return ReadDuration(node, path, field, message);
      }
      return ReadMessage(node, path,
                         field.is_repeated() ? reflection.AddMessage(message, &field)
                                             : reflection.MutableMessage(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadString(node, path, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, path, field, message);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadBool(node, path, field, message);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return ReadSigned(node, path, field, message);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadUnsigned(node, path, field, message);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ReadDouble(node, path, field, message);
  }
  RESTANTE_CHECK(false && "every field has a type");
}

absl::Status MessageReader::ReadDuration(const YAML::Node& node, const std::string& path,
                                         const Field& field, Message* message) {
  constexpr char kExpected[] = "a duration such as 90s, 1m30s or 500ms";
  if (!node.IsScalar()) return WrongType(path, kExpected, node);
  const absl::StatusOr<absl::Duration> value = ParseDuration(node.Scalar());
  if (!value.ok()) return WrongType(path, kExpected, node);
  const v1::Rule& rule = RuleOf(field);
  const bool too_short = !rule.shortest().empty() && *value < *ParseDuration(rule.shortest());
  const bool too_long = !rule.longest().empty() && *value > *ParseDuration(rule.longest());
  if (too_short || too_long) {
    return lines_.Error(
        path,
        rule.longest().empty()
            ? absl::StrCat("a duration of at least ", rule.shortest())
            : absl::StrCat("a duration from ", rule.shortest().empty() ? "0s" : rule.shortest(),
                           " to ", rule.longest()),
        node.Scalar());
  }
  const Reflection& reflection = *message->GetReflection();
  Message* target = field.is_repeated() ? reflection.AddMessage(message, &field)
                                        : reflection.MutableMessage(message, &field);
  google::protobuf::Duration duration;
  duration.set_seconds(absl::ToInt64Seconds(*value));
  duration.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(*value - absl::Seconds(duration.seconds()))));
  target->CopyFrom(duration);
  return absl::OkStatus();
}

absl::Status MessageReader::ReadString(const YAML::Node& node, const std::string& path,
                                       const Field& field, Message* message) {
  RESTANTE_CHECK(field.type() == FieldDescriptor::TYPE_STRING);
  const v1::Rule& rule = RuleOf(field);
  const absl::string_view expected = rule.host_port() ? "HOST:PORT" : "text";
  if (!node.IsScalar()) return WrongType(path, expected, node);
  const std::string& text = node.Scalar();
  if (rule.required() && text.empty()) return lines_.Error(path, expected, "nothing");
  if (rule.host_port() && !IsHostPort(text)) return lines_.Error(path, expected, text);
  const Reflection& reflection = *message->GetReflection();
  if (field.is_repeated()) {
    reflection.AddString(message, &field, text);
  } else {
    reflection.SetString(message, &field, text);
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadEnum(const YAML::Node& node, const std::string& path,
                                     const Field& field, Message* message) {
  const EnumDescriptor& type = *field.enum_type();
  std::vector<std::string> names;
  const EnumValueDescriptor* found = nullptr;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(ShortName(*type.value(i)));
    if (node.IsScalar() && names.back() == node.Scalar()) found = type.value(i);
  }
  if (found == nullptr) {
    return WrongType(path, absl::StrCat("one of ", absl::StrJoin(names, ", ")), node);
  }
  const Reflection& reflection = *message->GetReflection();
  if (field.is_repeated()) {
    reflection.AddEnum(message, &field, found);
  } else {
    reflection.SetEnum(message, &field, found);
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadBool(const YAML::Node& node, const std::string& path,
                                     const Field& field, Message* message) {
  if (!IsPlain(node) || (node.Scalar() != "true" && node.Scalar() != "false")) {
    return WrongType(path, "true or false", node);
  }
  const bool value = node.Scalar() == "true";
  const Reflection& reflection = *message->GetReflection();
  if (field.is_repeated()) {
    reflection.AddBool(message, &field, value);
  } else {
    reflection.SetBool(message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadSigned(const YAML::Node& node, const std::string& path,
                                       const Field& field, Message* message) {
  const bool narrow = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32;
  const v1::Rule& rule = RuleOf(field);
  const int64_t least = rule.has_min() ? rule.min()
                        : narrow       ? std::numeric_limits<int32_t>::min()
                                       : std::numeric_limits<int64_t>::min();
  const int64_t most = rule.has_max() ? rule.max()
                       : narrow       ? std::numeric_limits<int32_t>::max()
                                      : std::numeric_limits<int64_t>::max();
  int64_t value = 0;
  if (!IsPlain(node) || !ParseInteger(node.Scalar(), &value) || value < least || value > most) {
    return WrongType(path, absl::StrCat("an integer from ", least, " to ", most), node);
  }
  const Reflection& reflection = *message->GetReflection();
  if (narrow && field.is_repeated()) {
    reflection.AddInt32(message, &field, static_cast<int32_t>(value));
  } else if (narrow) {
    reflection.SetInt32(message, &field, static_cast<int32_t>(value));
  } else if (field.is_repeated()) {
    reflection.AddInt64(message, &field, value);
  } else {
    reflection.SetInt64(message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadUnsigned(const YAML::Node& node, const std::string& path,
                                         const Field& field, Message* message) {
  const bool narrow = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
  const v1::Rule& rule = RuleOf(field);
  const uint64_t least = rule.has_min() ? static_cast<uint64_t>(rule.min()) : 0;
  const uint64_t most = rule.has_max() ? static_cast<uint64_t>(rule.max())
                        : narrow       ? std::numeric_limits<uint32_t>::max()
                                       : std::numeric_limits<uint64_t>::max();
  uint64_t value = 0;
  if (!IsPlain(node) || !ParseInteger(node.Scalar(), &value) || value < least || value > most) {
    return WrongType(path, absl::StrCat("an integer from ", least, " to ", most), node);
  }
  const Reflection& reflection = *message->GetReflection();
  if (narrow && field.is_repeated()) {
    reflection.AddUInt32(message, &field, static_cast<uint32_t>(value));
  } else if (narrow) {
    reflection.SetUInt32(message, &field, static_cast<uint32_t>(value));
  } else if (field.is_repeated()) {
    reflection.AddUInt64(message, &field, value);
  } else {
    reflection.SetUInt64(message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status MessageReader::ReadDouble(const YAML::Node& node, const std::string& path,
                                       const Field& field, Message* message) {
  RESTANTE_CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE && !field.is_repeated());
  double value = 0;
  if (!IsPlain(node) || !absl::SimpleAtod(node.Scalar(), &value)) {
    return WrongType(path, "a number", node);
  }
  message->GetReflection()->SetDouble(message, &field, value);
  return absl::OkStatus();
}

absl::Status MessageReader::CheckRequired(const std::string& path, const Message& message) const {
  const Descriptor& section = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < section.field_count(); ++i) {
    const FieldDescriptor& field = *section.field(i);
    if (!RuleOf(field).required()) continue;
    const bool there = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                           : reflection.HasField(message, &field);
    if (!there) return lines_.Error(Join(path, field.name()), "a value", "none");
  }
  return absl::OkStatus();
}

absl::Status MessageReader::UnknownKey(const std::string& path, const std::string& key,
                                       const Descriptor& section) const {
  std::vector<std::string> known;
  for (int i = 0; i < section.field_count(); ++i) known.push_back(section.field(i)->name());
  std::sort(known.begin(), known.end());
  std::string expected = absl::StrCat("one of ", absl::StrJoin(known, ", "));
  constexpr size_t kSlipOfThePen = 2;
  constexpr size_t kMaxKeyOctets = 64;
  for (const std::string& candidate : known) {
    if (key.size() > kMaxKeyOctets || EditDistance(candidate, key) > kSlipOfThePen) continue;
    absl::StrAppend(&expected, " (did you mean ", candidate, "?)");
    break;
  }
  return lines_.Error(path, expected, absl::StrCat("unknown key ", key));
}

absl::Status MessageReader::WrongType(const std::string& path, absl::string_view expected,
                                      const YAML::Node& node) const {
  return lines_.Error(path, expected, Describe(node));
}

}  // namespace restante::config
