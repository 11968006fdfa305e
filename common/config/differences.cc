#include "common/config/differences.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace restante::config {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;
using Values = std::map<std::string, std::string>;

std::string ListText(const Message& message, const FieldDescriptor* field) {
  std::set<std::string> entries;  // a map has no order
  std::string list;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    std::string entry;
    TextFormat::PrintFieldValueToString(message, field, i, &entry);
    if (field->is_map()) {
      entries.insert(std::move(entry));
    } else {
      absl::StrAppend(&list, entry, "\n");
    }
  }
  for (const std::string& entry : entries) absl::StrAppend(&list, entry, "\n");
  return list;
}

void Collect(const Message& message, const std::string& prefix, Values* values) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    std::string key = absl::StrCat(prefix, field->name());
    bool section = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                   field->message_type() != Duration::descriptor();
    if (field->is_repeated()) {
      (*values)[key] = ListText(message, field);
    } else if (section) {
      (*values)[key] = "";
      Collect(message.GetReflection()->GetMessage(message, field), key + ".", values);
    } else {
      TextFormat::PrintFieldValueToString(message, field, -1, &(*values)[key]);
    }
  }
}

}  // namespace

std::vector<std::string> ChangedKeys(const Message& before, const Message& after) {
  RESTANTE_CHECK(before.GetDescriptor() == after.GetDescriptor());
  Values old_values;
  Values new_values;
  Collect(before, "", &old_values);
  Collect(after, "", &new_values);
  std::set<std::string> changed;
  for (const auto& [key, value] : old_values) {
    auto found = new_values.find(key);
    if (found == new_values.end() || found->second != value) changed.insert(key);
  }
  for (const auto& [key, value] : new_values) {
    if (!old_values.contains(key)) changed.insert(key);
  }
  return {changed.begin(), changed.end()};
}

}  // namespace restante::config
