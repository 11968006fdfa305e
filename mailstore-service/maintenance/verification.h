#ifndef RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_VERIFICATION_H_
#define RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_VERIFICATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

struct DamageFound {
  std::string mailbox_id;
  DamagedMessage message;
};

struct VerificationTotals {
  int64_t mailboxes = 0;  // looked through
  MessageTotals seen;     // deleted ones too
  std::vector<DamageFound> damaged;
  int64_t more_damaged = 0;  // beyond kMaxDamaged
  // Mailboxes whose list cannot be read.
  std::vector<std::string> unreadable;
  int64_t more_unreadable = 0;

  static constexpr size_t kMaxDamaged = 100;  // of each kind
};

// Reads every message of the one mailbox, or of all when `mailbox_id` is empty, deleted ones
// included. CANCELLED once `go_on`, asked after each batch, says no.
absl::StatusOr<VerificationTotals> VerifyMailboxes(
    Mailstore& store, const std::string& mailbox_id,
    const std::function<bool(const VerificationTotals&)>& go_on);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_MAINTENANCE_VERIFICATION_H_
