#include "mailstore-service/store/mailbox_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/error_reason.h"

namespace restante::mailstore {

absl::Status CheckMailboxId(absl::string_view mailbox_id) {
  constexpr size_t kMaxOctets = 64;
  auto allowed = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  };
  bool valid = !mailbox_id.empty() && mailbox_id.size() <= kMaxOctets &&
               std::all_of(mailbox_id.begin(), mailbox_id.end(), allowed);
  return valid ? absl::OkStatus()
               : InvalidField("mailbox_id", "must be 1 to 64 of a-z, 0-9 and '-'");
}

}  // namespace restante::mailstore
