// Who changed what: the audit entries of a directory's changes.
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/field_changes.h"
#include "auth-service/directory/indexed_directory.h"
#include "common/base/check.h"

namespace restante::directory {

std::vector<audit::Entry> IndexedDirectory::AuditOf(const DirectoryChange& change,
                                                    const WriteOptions& options,
                                                    absl::Time now) const {
  std::vector<audit::Entry> entries;
  const auto add = [&](const std::string& resource, std::vector<audit::FieldChange> changes) {
    entries.push_back({trail_.next() + entries.size(), now, options.author, resource,
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

absl::StatusOr<std::vector<audit::Entry>> IndexedDirectory::ListAudit(uint64_t before,
                                                                      size_t limit) const {
  MutexLock write_lock(&write_mutex_);
  return journal_->audit().Read(before, limit);
}

absl::StatusOr<size_t> IndexedDirectory::TrimAudit(absl::Time oldest) {
  MutexLock write_lock(&write_mutex_);
  return trail_.Trim(oldest);
}

}  // namespace restante::directory
