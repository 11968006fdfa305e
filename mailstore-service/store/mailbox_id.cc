#include "mailstore-service/store/mailbox_id.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"

namespace restante::mailstore {
namespace {

constexpr absl::string_view kByImportId = "import/";
constexpr absl::string_view kByUidl = "uidl/";

}  // namespace

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

absl::Status CheckTargets(const std::vector<std::string>& mailbox_ids) {
  constexpr size_t kMaxTargets = 1000;
  if (mailbox_ids.empty() || mailbox_ids.size() > kMaxTargets) {
    return InvalidField("mailbox_ids", "must be 1 to 1,000");
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& mailbox_id : mailbox_ids) {
    RESTANTE_RETURN_IF_ERROR(CheckMailboxId(mailbox_id));
    if (!seen.insert(mailbox_id).second) {
      return InvalidField("mailbox_ids", "must name each mailbox once");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDeliveryIds(const std::vector<std::string>& delivery_ids,
                              const std::vector<std::string>& mailbox_ids) {
  if (delivery_ids.empty() || delivery_ids.size() == mailbox_ids.size()) return absl::OkStatus();
  return InvalidField("delivery_ids", "must be one for each mailbox, or none");
}

absl::Status CheckImportedMessage(const ImportedMessage& message) {
  constexpr size_t kMaxImportIdOctets = 256;
  constexpr size_t kMaxUidlOctets = 70;
  if (message.import_id.empty() || message.import_id.size() > kMaxImportIdOctets) {
    return InvalidField("import_id", "must be 1 to 256 octets");
  }
  const auto is_printable = [](char c) { return c >= 0x21 && c <= 0x7e; };
  if (message.uidl.size() > kMaxUidlOctets ||
      !std::all_of(message.uidl.begin(), message.uidl.end(), is_printable)) {
    return InvalidField("uidl", "must be at most 70 of 0x21 to 0x7E");
  }
  return absl::OkStatus();
}

std::string ImportKey(const ImportedMessage& message) {
  return message.uidl.empty() ? absl::StrCat(kByImportId, message.import_id)
                              : absl::StrCat(kByUidl, message.uidl);
}

bool IsImportKey(absl::string_view delivery_id) {
  return absl::StartsWith(delivery_id, kByImportId) || absl::StartsWith(delivery_id, kByUidl);
}

}  // namespace restante::mailstore
