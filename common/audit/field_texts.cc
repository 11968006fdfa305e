#include "common/audit/field_texts.h"

#include <algorithm>
#include <utility>

namespace restante::audit {

void FieldTexts::Add(const std::string& field, std::vector<std::string> texts) {
  if (!texts.empty()) texts_[field] = std::move(texts);
}

void FieldTexts::Add(const std::string& field, const std::string& text) {
  if (!text.empty()) texts_[field] = {text};
}

void FieldTexts::Add(const std::string& field, bool value) {
  if (value) texts_[field] = {"true"};
}

std::vector<FieldChange> FieldTexts::Compare(const FieldTexts& before, const FieldTexts& after) {
  std::vector<FieldChange> changes;
  for (const auto& [field, texts] : before.texts_) {
    const auto now = after.texts_.find(field);
    if (now == after.texts_.end()) {
      changes.push_back({field, texts, {}});
    } else if (now->second != texts) {
      changes.push_back({field, texts, now->second});
    }
  }
  for (const auto& [field, texts] : after.texts_) {
    if (!before.texts_.contains(field)) changes.push_back({field, {}, texts});
  }
  std::sort(changes.begin(), changes.end(), [](const FieldChange& one, const FieldChange& other) {
    return one.field < other.field;
  });
  return changes;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace restante::audit
