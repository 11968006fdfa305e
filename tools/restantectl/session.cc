#include "tools/restantectl/session.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace restante::ctl {

std::string ResourceName(absl::string_view collection, absl::string_view id) {
  const std::string prefix = absl::StrCat(collection, "/");
  return absl::StartsWith(id, prefix) ? std::string(id) : absl::StrCat(prefix, id);
}

}  // namespace restante::ctl
