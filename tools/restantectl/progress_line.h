#ifndef RESTANTE_TOOLS_RESTANTECTL_PROGRESS_LINE_H_
#define RESTANTE_TOOLS_RESTANTECTL_PROGRESS_LINE_H_

#include <cstddef>
#include <string>

#include "tools/restantectl/console.h"

namespace restante::ctl {

// A line on the terminal that shows how far something is, "[#####.....]  50 % 500 accounts", and is
// written over again and again; nothing where nobody watches.
class ProgressLine {
 public:
  explicit ProgressLine(Console& console) : console_(console) {}
  // Leaves the cursor at the beginning of an empty line.
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `fraction` from 0 to 1; below 0 when it is not known, and no bar is shown then.
  void Show(double fraction, const std::string& text);
  void Clear();

 private:
  Console& console_;
  size_t shown_ = 0;
};

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_PROGRESS_LINE_H_
