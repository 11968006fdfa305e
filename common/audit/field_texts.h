#ifndef RESTANTE_COMMON_AUDIT_FIELD_TEXTS_H_
#define RESTANTE_COMMON_AUDIT_FIELD_TEXTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/audit/entry.h"

namespace restante::audit {

// What a resource says at one moment, as texts by field. Not thread-safe.
class FieldTexts {
 public:
  // A field that says nothing (no text, or false) is left out.
  void Add(const std::string& field, std::vector<std::string> texts);
  void Add(const std::string& field, const std::string& text);
  void Add(const std::string& field, bool value);

  // What `after` says otherwise than `before`, by field in ascending order.
  static std::vector<FieldChange> Compare(const FieldTexts& before, const FieldTexts& after);

 private:
  std::map<std::string, std::vector<std::string>> texts_;
};

// "2026-01-31T09:00:00Z"
std::string TimeText(absl::Time time);

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_FIELD_TEXTS_H_
