#include "mailstore-service/store/lease_table.h"

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_rules.h"

namespace restante::mailstore {

absl::StatusOr<Lease> LeaseTable::Acquire(const std::string& mailbox_id,
                                          const SessionInfo& session) {
  absl::Duration now = clock_.MonotonicNow();
  auto found = entries_.find(mailbox_id);
  if (found != entries_.end()) {
    Entry& entry = found->second;
    bool own = entry.session.session_id == session.session_id &&
               entry.session.frontend == session.frontend;
    if (!own && now < entry.expires) return MaildropInUse();
    if (own) {
      entry.expires = now + ttl_;
      return Lease{mailbox_id, session.session_id, entry.epoch, session.frontend};
    }
  }
  Epoch epoch{boot_, ++last_counter_};
  entries_.insert_or_assign(mailbox_id, Entry{session, epoch, now + ttl_});
  return Lease{mailbox_id, session.session_id, epoch, session.frontend};
}

void LeaseTable::Restore(const Lease& lease, const SessionInfo& session) {
  entries_.insert_or_assign(lease.mailbox_id,
                            Entry{session, lease.epoch, clock_.MonotonicNow() + ttl_});
}

const LeaseTable::Entry* LeaseTable::Find(const Lease& lease) const {
  auto found = entries_.find(lease.mailbox_id);
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  bool present = entry.session.session_id == lease.session_id && entry.epoch == lease.epoch &&
                 entry.session.frontend == lease.frontend;
  return present ? &entry : nullptr;
}

absl::Status LeaseTable::Check(const Lease& lease) const {
  if (Find(lease) != nullptr) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAborted, ErrorReason::kLeaseLost,
                   "the lease is not the mailbox's present one");
}

absl::Status LeaseTable::CheckDelete(const Lease& lease) const {
  RESTANTE_RETURN_IF_ERROR(Check(lease));
  if (Find(lease)->session.may_delete) return absl::OkStatus();
  return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kDeleteNotGranted,
                   "the session may read the mailbox and not delete in it");
}

absl::Status LeaseTable::Renew(const Lease& lease) {
  absl::Status status = Check(lease);
  if (status.ok()) entries_.find(lease.mailbox_id)->second.expires = clock_.MonotonicNow() + ttl_;
  return status;
}

void LeaseTable::Release(const Lease& lease) {
  if (Find(lease) != nullptr) entries_.erase(lease.mailbox_id);
}

std::optional<SessionInfo> LeaseTable::SessionOf(const Lease& lease) const {
  const Entry* entry = Find(lease);
  if (entry == nullptr) return std::nullopt;
  return entry->session;
}

std::optional<SessionInfo> LeaseTable::Break(const std::string& mailbox_id) {
  std::optional<SessionInfo> holder = Holder(mailbox_id);
  entries_.erase(mailbox_id);
  return holder;
}

std::optional<SessionInfo> LeaseTable::Holder(const std::string& mailbox_id) const {
  auto found = entries_.find(mailbox_id);
  if (found == entries_.end() || clock_.MonotonicNow() >= found->second.expires) {
    return std::nullopt;
  }
  return found->second.session;
}

}  // namespace restante::mailstore
