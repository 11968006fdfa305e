// Who changed what: the audit entries of a directory's changes.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/indexed_directory.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace restante::directory {

std::vector<AuditEntry> IndexedDirectory::AuditOf(const DirectoryChange& change,
                                                  const WriteOptions& options,
                                                  absl::Time now) const {
  std::vector<AuditEntry> entries;
  const auto add = [&](const std::string& resource, std::vector<FieldChange> changes) {
    entries.push_back({next_audit_number_ + entries.size(), now, options.author, resource,
                       options.request_id, std::move(changes)});
  };
  MutexLock lock(&mutex_);
  const auto present = [this](absl::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = accounts_.find(id);
    return found == accounts_.end() ? nullptr : found->second.get();
  };
  for (const AccountPtr& account : change.put_accounts) {
    add(absl::StrCat("accounts/", account->id), FieldChanges(present(account->id), account.get()));
  }
  if (!change.removed_account.empty()) {
    add(absl::StrCat("accounts/", change.removed_account),
        FieldChanges(present(change.removed_account), nullptr));
  }
  if (change.policy) {
    const auto policy = policies_.find(change.policy->protocol);
    RESTANTE_CHECK(policy != policies_.end());
    add(absl::StrCat("protocolPolicies/", change.policy->protocol),
        FieldChanges(policy->second, *change.policy));
  }
  return entries;
}

absl::StatusOr<std::vector<AuditEntry>> IndexedDirectory::ListAudit(uint64_t before,
                                                                    size_t limit) const {
  MutexLock write_lock(&write_mutex_);
  return journal_->ReadAudit(before, limit);
}

absl::StatusOr<uint64_t> IndexedDirectory::FirstAuditNumberAt(absl::Time time) const {
  uint64_t low = first_audit_number_;
  uint64_t high = next_audit_number_;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<AuditEntry> entries,
                              journal_->ReadAudit(middle + 1, 1));
    // A clock that was set back is no reason to keep an entry forever, nor to drop a later one.
    if (!entries.empty() && entries.front().time >= time) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

absl::StatusOr<size_t> IndexedDirectory::TrimAudit(absl::Time oldest) {
  MutexLock write_lock(&write_mutex_);
  RESTANTE_ASSIGN_OR_RETURN(uint64_t first, FirstAuditNumberAt(oldest));
  if (next_audit_number_ > kMaxAuditEntries) {
    first = std::max(first, next_audit_number_ - kMaxAuditEntries);
  }
  // The last one stays: numbers go on from it.
  first = std::min(first, std::max(first_audit_number_, next_audit_number_ - 1));
  const uint64_t dropped = first - first_audit_number_;
  if (dropped == 0) return 0;
  RESTANTE_RETURN_IF_ERROR(journal_->DropAudit(first));
  first_audit_number_ = first;
  return dropped;
}

}  // namespace restante::directory
