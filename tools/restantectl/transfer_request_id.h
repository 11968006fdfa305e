#ifndef RESTANTE_TOOLS_RESTANTECTL_TRANSFER_REQUEST_ID_H_
#define RESTANTE_TOOLS_RESTANTECTL_TRANSFER_REQUEST_ID_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/random.h"

namespace restante::ctl {

// The request ids of an import or export. The same work has the same ones, so that a command that
// is repeated after a break takes its operation on; work that ended before has the next one, so
// that it can be done again. One thread.
class TransferRequestIds {
 public:
  // `work` is what tells it from other work; empty: nothing does, and each id is new. `random`
  // outlives it.
  TransferRequestIds(const std::vector<std::string>& work, Random* random);

  // 32 lower-case hexadecimal digits.
  const std::string& current() const { return current_; }
  // The operation of current() has ended before; goes on to the next.
  void SkipEnded(absl::string_view operation);
  // Goes on to one that nobody has.
  void UseNew();

 private:
  Random& random_;
  std::string current_;
  int skipped_ = 0;
};

// What tells a file that is read from others of its name: where it is, its size and when it was
// written. Of one that cannot be looked at, where it is.
std::vector<std::string> IdentityOfFile(const std::string& path);
// Where a file or folder is, whatever is in it, there or not.
std::string IdentityOfPlace(const std::string& path);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_TRANSFER_REQUEST_ID_H_
