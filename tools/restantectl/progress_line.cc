#include "tools/restantectl/progress_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace restante::ctl {
namespace {

constexpr size_t kBarCells = 30;

std::string Bar(double fraction) {
  if (fraction < 0) return "";
  const auto full = static_cast<size_t>(std::min(fraction, 1.0) * kBarCells);
  return absl::StrCat("[", std::string(full, '#'), std::string(kBarCells - full, '.'), "] ",
                      absl::StrFormat("%3.0f %% ", std::min(fraction, 1.0) * 100));
}

}  // namespace

void ProgressLine::Show(double fraction, const std::string& text) {
  if (!console_.ShowsProgress()) return;
  const std::string line = Bar(fraction) + text;
  // Blanks over what is left of a longer line.
  const size_t left = shown_ > line.size() ? shown_ - line.size() : 0;
  console_.err() << "\r" << line << std::string(left, ' ') << std::flush;
  shown_ = line.size();
}

void ProgressLine::Clear() {
  if (shown_ > 0) console_.err() << "\r" << std::string(shown_, ' ') << "\r" << std::flush;
  shown_ = 0;
}

}  // namespace restante::ctl
