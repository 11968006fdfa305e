#include "tools/restantectl/table.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/strings/string_view.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {

std::string Columns(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string Fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<Row> rows;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) rows.push_back({name + ":", value});
  }
  return Columns(rows);
}

std::string OrDash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string LastPart(const std::string& name) {
  return Printable(absl::string_view(name).substr(name.rfind('/') + 1));
}

std::string TimeOf(const google::protobuf::Timestamp& time, bool has) {
  return has ? google::protobuf::util::TimeUtil::ToString(time) : "";
}

}  // namespace restante::ctl
