#include "auth-service/oauth/bounded_json.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace restante::oauth {
namespace {

using nlohmann::json;

// Sees each part as it is read, and remembers whether one was over a bound.
class Bounds {
 public:
  bool Take(int depth, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) names_.emplace_back();
    if (event == json::parse_event_t::object_end) names_.pop_back();
    if (event == json::parse_event_t::key) {
      kept_ = names_.back().insert(parsed.get_ref<const std::string&>()).second && kept_;
    }
    kept_ = kept_ && depth <= kMostJsonLevels;
    return kept_;
  }
  bool kept() const { return kept_; }

 private:
  std::vector<std::set<std::string>> names_;  // of the objects that are open
  bool kept_ = true;
};

}  // namespace

std::optional<json> ParseJsonObject(absl::string_view text, size_t max_octets) {
  if (text.size() > max_octets) return std::nullopt;
  Bounds bounds;
  json parsed = json::parse(
      text.begin(), text.end(),
      [&bounds](int depth, json::parse_event_t event, const json& part) {
        return bounds.Take(depth, event, part);
      },
      /*allow_exceptions=*/false);
  if (!bounds.kept() || !parsed.is_object()) return std::nullopt;
  return parsed;
}

const std::string* FindText(const json& object, const char* member) {
  const auto found = object.find(member);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace restante::oauth
