#include "auth-service/directory/indexed_directory.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth-service/directory/account_changes.h"
#include "auth-service/directory/request_fingerprint.h"
#include "auth-service/directory/validation.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"

namespace restante::directory {
namespace {

// Who purges what has expired.
constexpr absl::string_view kProgram = "restante-auth";

absl::Status NoSuchAccount(absl::string_view id) {
  return MakeError(absl::StatusCode::kNotFound, ErrorReason::kAccountNotFound,
                   absl::StrCat("there is no account accounts/", EscapeForLog(id)));
}

absl::Status NoSuchPolicy(absl::string_view protocol) {
  return absl::NotFoundError(
      absl::StrCat("there is no policy protocolPolicies/", EscapeForLog(protocol)));
}

absl::Status CheckRevision(const WriteOptions& options, uint64_t current) {
  if (!options.expected_revision || *options.expected_revision == current) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAborted, ErrorReason::kEtagMismatch,
                   "it was changed since the etag was read; read again and repeat the change");
}

// What a lookup gives: who is deleted is not found.
AccountPtr InUse(const AccountPtr& account) {
  return account != nullptr && account->deletion ? nullptr : account;
}

// Whether there was one.
bool EraseDelegate(absl::string_view account_id, Account* account) {
  return std::erase_if(account->delegates, [account_id](const Delegate& delegate) {
           return delegate.account_id == account_id;
         }) > 0;
}

class MemoryJournal : public Journal {
 public:
  absl::Status Commit(const DirectoryChange& change) override {
    for (const audit::Entry& entry : change.audit) audit_.Add(entry);
    return absl::OkStatus();
  }
  absl::Status Backup(const std::string& /*path*/) const override {
    return absl::FailedPreconditionError("a directory in memory has no backup");
  }
  audit::EntryStorage& audit() override { return audit_; }

 private:
  audit::EntriesInMemory audit_;
};

}  // namespace

IndexedDirectory::IndexedDirectory(std::unique_ptr<Journal> journal, DirectoryContents contents,
                                   std::vector<ProtocolPolicy> defaults, const Clock& clock,
                                   Random& random)
    : clock_(clock),
      random_(random),
      journal_(std::move(journal)),
      revision_(contents.revision),
      requests_(std::move(contents.requests)),
      trail_(&journal_->audit(), contents.audit),
      visible_revision_(contents.revision),
      changes_(contents.purge_revision) {
  for (const AccountPtr& account : contents.accounts) {
    accounts_.emplace(account->id, account);
    names_.Add(account);
    changes_.Put(nullptr, account);
  }
  for (ProtocolPolicy& policy : defaults) {
    const std::string protocol = policy.protocol;
    policies_.emplace(protocol, WithStoredSwitches(std::move(policy), contents.policies));
  }
}

Account IndexedDirectory::MakeAccount(const NewAccount& account) {
  Account created;
  created.id = account.id;
  created.mailbox_id = NewId(random_);
  created.placement = account.placement;
  SetFields(account, &created);
  created.create_time = clock_.WallNow();
  return created;
}

absl::StatusOr<AccountPtr> IndexedDirectory::Create(const NewAccount& account,
                                                    const WriteOptions& options) {
  const std::string fingerprint = FingerprintOfCreate(account);
  MutexLock write_lock(&write_mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const RememberedRequest* repeat, FindRepeat(options, fingerprint));
  if (repeat != nullptr) return repeat->account;
  if (Get(account.id).ok()) return AccountExists(account.id);
  return Store(MakeAccount(account), fingerprint, options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::Get(absl::string_view id) const {
  MutexLock lock(&mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return NoSuchAccount(id);
  return found->second;
}

AccountPage IndexedDirectory::List(size_t page_size, absl::string_view after) const {
  RESTANTE_CHECK(page_size > 0);
  MutexLock lock(&mutex_);
  AccountPage page;
  for (auto it = accounts_.upper_bound(after); it != accounts_.end(); ++it) {
    if (page.accounts.size() == page_size) {
      page.more = true;
      break;
    }
    page.accounts.push_back(it->second);
  }
  return page;
}

size_t IndexedDirectory::Count() const {
  MutexLock lock(&mutex_);
  return accounts_.size();
}

absl::Status IndexedDirectory::Backup(const std::string& path) const {
  MutexLock write_lock(&write_mutex_);
  return journal_->Backup(path);
}

absl::StatusOr<AccountPtr> IndexedDirectory::Update(absl::string_view id,
                                                    const AccountChange& change,
                                                    const WriteOptions& options) {
  const auto edit = [&change](Account* account) {
    if (change.windows_names) account->windows_names = *change.windows_names;
    if (change.principal_names) account->principal_names = *change.principal_names;
    if (change.alias) account->alias = *change.alias;
    if (change.addresses) account->addresses = *change.addresses;
    if (change.certificate_names) account->certificate_names = *change.certificate_names;
    if (change.token_subjects) account->token_subjects = *change.token_subjects;
    if (change.disabled) account->disabled = *change.disabled;
    if (change.disabled_mechanisms) {
      account->disabled_mechanisms = UpperCased(*change.disabled_mechanisms);
    }
    if (change.weakest_ntlm_response) {
      account->weakest_ntlm_response = *change.weakest_ntlm_response;
    }
    return absl::OkStatus();
  };
  return ChangeAccount(id, edit, FingerprintOfUpdate(id, change, options), options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::SetCredential(absl::string_view id,
                                                           SealedCredential credential,
                                                           const WriteOptions& options) {
  RESTANTE_CHECK(credential.sealed.size() <= kMaxSealedCredentialOctets);
  const std::string fingerprint = FingerprintOfSetCredential(id, options);
  const auto edit = [&credential](Account* account) {
    account->credential = credential;
    return absl::OkStatus();
  };
  credential.set_time = clock_.WallNow();
  return ChangeAccount(id, edit, fingerprint, options);
}

absl::StatusOr<size_t> IndexedDirectory::Reseal(const std::vector<Resealed>& credentials,
                                                const audit::Author& author) {
  DirectoryChange change;
  MutexLock write_lock(&write_mutex_);
  for (const auto& [account_id, old_sealed, credential] : credentials) {
    const absl::StatusOr<AccountPtr> current = Get(account_id);
    if (!current.ok() || !(*current)->credential) continue;
    if ((*current)->credential->sealed != old_sealed) continue;
    auto changed = std::make_shared<Account>(**current);
    changed->credential->key_id = credential.key_id;
    changed->credential->sealed = credential.sealed;
    change.put_accounts.push_back(std::move(changed));
  }
  const size_t replaced = change.put_accounts.size();
  if (replaced == 0) return 0;
  WriteOptions options;
  options.author = author;
  RESTANTE_RETURN_IF_ERROR(Commit(std::move(change), "", options));
  return replaced;
}

absl::StatusOr<AccountPtr> IndexedDirectory::GrantDelegate(absl::string_view id,
                                                           const DelegateGrant& grant,
                                                           const WriteOptions& options) {
  const std::string fingerprint = FingerprintOfGrant(id, grant, options);
  const auto edit = [this, &grant](Account* account) -> absl::Status {
    if (grant.account_id == account->id) {
      return InvalidField("delegate.account", "is the account itself, whose mailbox it is anyway");
    }
    RESTANTE_ASSIGN_OR_RETURN(const AccountPtr other, Get(grant.account_id));
    if (other->deletion) return AccountIsDeleted(*other);
    EraseDelegate(grant.account_id, account);
    if (account->delegates.size() == kMaxDelegates) {
      return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kLimitExceeded,
                       "an account has at most 100 delegates; revoke one that is not needed");
    }
    account->delegates.push_back(
        {other->id, other->mailbox_id, grant.may_delete, grant.expire_time});
    return absl::OkStatus();
  };
  return ChangeAccount(id, edit, fingerprint, options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::RevokeDelegate(absl::string_view id,
                                                            absl::string_view delegate_account_id,
                                                            const WriteOptions& options) {
  const std::string fingerprint = FingerprintOfRevoke(id, delegate_account_id, options);
  const auto edit = [delegate_account_id](Account* account) {
    if (EraseDelegate(delegate_account_id, account)) return absl::OkStatus();
    return MakeError(absl::StatusCode::kNotFound, ErrorReason::kDelegateNotFound,
                     absl::StrCat("accounts/", EscapeForLog(delegate_account_id),
                                  " is no delegate of accounts/", account->id));
  };
  return ChangeAccount(id, edit, fingerprint, options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::Delete(absl::string_view id, absl::Duration kept,
                                                    const WriteOptions& options) {
  const absl::Time now = clock_.WallNow();
  const auto edit = [now, kept](Account* account) {
    account->deletion = Deletion{now, now + kept};
    return absl::OkStatus();
  };
  return ChangeAccount(id, edit, FingerprintOfDelete(id, options), options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::Undelete(absl::string_view id,
                                                      const WriteOptions& options) {
  const auto edit = [](Account* account) {
    if (!account->deletion) {
      return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kAccountNotDeleted,
                       absl::StrCat("accounts/", account->id, " is not deleted"));
    }
    account->deletion.reset();
    return absl::OkStatus();
  };
  return EditAccount(id, edit, FingerprintOfUndelete(id, options), options);
}

absl::Status IndexedDirectory::Purge(absl::string_view id, const WriteOptions& options) {
  const std::string fingerprint = FingerprintOfPurge(id, options);
  MutexLock write_lock(&write_mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const RememberedRequest* repeat, FindRepeat(options, fingerprint));
  if (repeat != nullptr) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(const AccountPtr current, CurrentForWrite(id, options));
  return Remove(*current, fingerprint, options);
}

absl::Status IndexedDirectory::Remove(const Account& account, const std::string& fingerprint,
                                      const WriteOptions& options) {
  DirectoryChange change;
  change.removed_account = account.id;
  return Commit(std::move(change), fingerprint, options);
}

absl::StatusOr<size_t> IndexedDirectory::PurgeExpired() {
  const absl::Time now = clock_.WallNow();
  std::vector<std::string> expired;
  {
    MutexLock lock(&mutex_);
    for (const auto& [id, account] : accounts_) {
      if (account->deletion && account->deletion->expire_time <= now) expired.push_back(id);
    }
  }
  size_t purged = 0;
  for (const std::string& id : expired) {
    MutexLock write_lock(&write_mutex_);
    const absl::StatusOr<AccountPtr> account = Get(id);
    // Undeleted or purged meanwhile.
    if (!account.ok() || !(*account)->deletion || (*account)->deletion->expire_time > now) continue;
    WriteOptions options;
    options.author = {std::string(kProgram), "PurgeExpired"};
    RESTANTE_RETURN_IF_ERROR(Remove(**account, "", options));
    ++purged;
  }
  return purged;
}

absl::StatusOr<AccountPtr> IndexedDirectory::ChangeAccount(absl::string_view id,
                                                           const AccountEdit& edit,
                                                           const std::string& fingerprint,
                                                           const WriteOptions& options) {
  const auto checked = [&edit](Account* account) {
    return account->deletion ? AccountIsDeleted(*account) : edit(account);
  };
  return EditAccount(id, checked, fingerprint, options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::EditAccount(absl::string_view id,
                                                         const AccountEdit& edit,
                                                         const std::string& fingerprint,
                                                         const WriteOptions& options) {
  MutexLock write_lock(&write_mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const RememberedRequest* repeat, FindRepeat(options, fingerprint));
  if (repeat != nullptr) return repeat->account;
  RESTANTE_ASSIGN_OR_RETURN(const AccountPtr current, CurrentForWrite(id, options));
  Account changed = *current;
  RESTANTE_RETURN_IF_ERROR(edit(&changed));
  return Store(std::move(changed), fingerprint, options);
}

absl::StatusOr<AccountPtr> IndexedDirectory::CurrentForWrite(absl::string_view id,
                                                             const WriteOptions& options) {
  RESTANTE_ASSIGN_OR_RETURN(AccountPtr current, Get(id));
  RESTANTE_RETURN_IF_ERROR(CheckRevision(options, current->revision));
  return current;
}

absl::StatusOr<AccountPtr> IndexedDirectory::Store(Account account, const std::string& fingerprint,
                                                   const WriteOptions& options) {
  RESTANTE_RETURN_IF_ERROR(ValidateAccount(account));
  {
    MutexLock lock(&mutex_);
    RESTANTE_RETURN_IF_ERROR(names_.CheckFree(account));
  }
  account.revision = revision_ + 1;
  account.update_time = clock_.WallNow();
  DirectoryChange change;
  AccountPtr stored = std::make_shared<const Account>(std::move(account));
  change.put_accounts.push_back(stored);
  RESTANTE_RETURN_IF_ERROR(Commit(std::move(change), fingerprint, options));
  return stored;
}

absl::StatusOr<const RememberedRequest*> IndexedDirectory::FindRepeat(
    const WriteOptions& options, const std::string& fingerprint) const {
  return requests_.FindRepeat(options.request_id, fingerprint, clock_.WallNow());
}

absl::Status IndexedDirectory::Commit(DirectoryChange change, const std::string& fingerprint,
                                      const WriteOptions& options) {
  if (options.validate_only) return absl::OkStatus();
  const absl::Time now = clock_.WallNow();
  change.revision = revision_ + 1;
  change.forgotten_requests = requests_.Outdated(now);
  if (!options.request_id.empty()) {
    change.request = RememberedRequest{
        .request_id = options.request_id,
        .fingerprint = fingerprint,
        .time = now,
        .account = change.put_accounts.empty() ? nullptr : change.put_accounts.front(),
        .policy = change.policy};
  }
  change.audit = AuditOf(change, options, now);
  RESTANTE_RETURN_IF_ERROR(journal_->Commit(change));
  Apply(change);
  changed_.Notify();
  return absl::OkStatus();
}

void IndexedDirectory::Apply(const DirectoryChange& change) {
  revision_ = change.revision;
  requests_.Apply(change);
  trail_.CountAdded(change.audit.size());
  MutexLock lock(&mutex_);
  visible_revision_ = change.revision;
  if (const AccountPtr old = Forget(change.removed_account)) {
    changes_.Purge(*old, change.revision);
  }
  // All of them before any name is taken: names may move from one to the other.
  for (const AccountPtr& account : change.put_accounts) {
    changes_.Put(Forget(account->id).get(), account);
  }
  for (const AccountPtr& account : change.put_accounts) {
    names_.Add(account);
    accounts_.emplace(account->id, account);
  }
  if (change.policy) policies_[change.policy->protocol] = *change.policy;
}

AccountPtr IndexedDirectory::Forget(absl::string_view id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return nullptr;
  AccountPtr old = std::move(found->second);
  names_.Remove(*old);
  accounts_.erase(found);
  return old;
}

AccountPtr IndexedDirectory::FindByWindowsName(absl::string_view domain,
                                               absl::string_view user) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kWindows, absl::StrCat(domain, "\\", user)));
}

AccountPtr IndexedDirectory::FindByPrincipalName(absl::string_view name) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kPrincipal, name));
}

AccountPtr IndexedDirectory::FindByAlias(absl::string_view alias) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kAlias, alias));
}

AccountPtr IndexedDirectory::FindByAddress(absl::string_view address) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kAddress, address));
}

AccountPtr IndexedDirectory::FindByCertificateName(absl::string_view name) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kCertificate, name));
}

AccountPtr IndexedDirectory::FindByTokenSubject(absl::string_view subject) const {
  MutexLock lock(&mutex_);
  return InUse(names_.Find(NameKind::kToken, subject));
}

std::vector<AccountPtr> IndexedDirectory::FindByWindowsUser(absl::string_view user,
                                                            size_t limit) const {
  MutexLock lock(&mutex_);
  const std::vector<AccountPtr>* holders = names_.FindByWindowsUser(user);
  std::vector<AccountPtr> found;
  if (holders == nullptr) return found;
  for (const AccountPtr& holder : *holders) {
    if (found.size() == limit) break;
    if (InUse(holder) != nullptr) found.push_back(holder);
  }
  return found;
}

AccountPtr IndexedDirectory::FindDeleted(absl::string_view name) const {
  MutexLock lock(&mutex_);
  for (const NameKind kind :
       {NameKind::kWindows, NameKind::kPrincipal, NameKind::kAlias, NameKind::kAddress}) {
    AccountPtr holder = names_.Find(kind, name);
    if (holder != nullptr && holder->deletion) return holder;
  }
  return nullptr;
}

absl::StatusOr<ProtocolPolicy> IndexedDirectory::GetPolicy(absl::string_view protocol) const {
  MutexLock lock(&mutex_);
  const auto found = policies_.find(protocol);
  if (found == policies_.end()) return NoSuchPolicy(protocol);
  return found->second;
}

absl::StatusOr<ProtocolPolicy> IndexedDirectory::UpdatePolicy(absl::string_view protocol,
                                                              const PolicyChange& change,
                                                              const WriteOptions& options) {
  const std::string fingerprint = FingerprintOfPolicyUpdate(protocol, change, options);
  MutexLock write_lock(&write_mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const RememberedRequest* repeat, FindRepeat(options, fingerprint));
  if (repeat != nullptr) return *repeat->policy;
  RESTANTE_ASSIGN_OR_RETURN(ProtocolPolicy policy, GetPolicy(protocol));
  RESTANTE_RETURN_IF_ERROR(CheckRevision(options, policy.revision));
  RESTANTE_RETURN_IF_ERROR(ChangePolicy(change, &policy));
  policy.revision = revision_ + 1;
  policy.update_time = clock_.WallNow();
  DirectoryChange changed;
  changed.policy = policy;
  RESTANTE_RETURN_IF_ERROR(Commit(std::move(changed), fingerprint, options));
  return policy;
}

uint64_t IndexedDirectory::Revision() const {
  MutexLock lock(&mutex_);
  return visible_revision_;
}

AccountChanges IndexedDirectory::ChangesAfter(const std::optional<ChangePosition>& position,
                                              size_t limit) const {
  MutexLock lock(&mutex_);
  return changes_.After(position, limit, visible_revision_);
}

std::unique_ptr<Directory> MakeMemoryDirectory(std::vector<ProtocolPolicy> defaults,
                                               const Clock& clock, Random& random) {
  return std::make_unique<IndexedDirectory>(std::make_unique<MemoryJournal>(), DirectoryContents{},
                                            std::move(defaults), clock, random);
}

}  // namespace restante::directory
