#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_INDEXED_DIRECTORY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_INDEXED_DIRECTORY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auth-service/directory/directory.h"
#include "auth-service/directory/journal.h"
#include "auth-service/directory/name_index.h"
#include "auth-service/directory/request_memory.h"
#include "common/audit/trail.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/random.h"

namespace restante::directory {

// The directory whole in memory, indexed by every name; each change goes to a journal before it is
// seen. About 1 KiB an account. The one place that holds uniqueness, revisions and repeats,
// whatever the journal is made of.
class IndexedDirectory : public Directory {
 public:
  // `defaults` has one policy for each protocol there is and lists the mechanisms this program
  // knows; the switches in `contents` go before those in it. `clock` and `random` outlive this.
  IndexedDirectory(std::unique_ptr<Journal> journal, DirectoryContents contents,
                   std::vector<ProtocolPolicy> defaults, const Clock& clock, Random& random);

  absl::StatusOr<AccountPtr> Create(const NewAccount& account,
                                    const WriteOptions& options) override;
  absl::StatusOr<AccountPtr> Get(absl::string_view id) const override;
  AccountPage List(size_t page_size, absl::string_view after) const override;
  size_t Count() const override;
  absl::StatusOr<AccountPtr> Update(absl::string_view id, const AccountChange& change,
                                    const WriteOptions& options) override;
  absl::StatusOr<AccountPtr> Delete(absl::string_view id, absl::Duration kept,
                                    const WriteOptions& options) override;
  absl::StatusOr<AccountPtr> Undelete(absl::string_view id, const WriteOptions& options) override;
  absl::Status Purge(absl::string_view id, const WriteOptions& options) override;
  absl::StatusOr<size_t> PurgeExpired() override;
  absl::StatusOr<AccountPtr> SetCredential(absl::string_view id, SealedCredential credential,
                                           const WriteOptions& options) override;
  absl::StatusOr<size_t> Reseal(const std::vector<Resealed>& credentials,
                                const audit::Author& author) override;
  absl::StatusOr<AccountPtr> GrantDelegate(absl::string_view id, const DelegateGrant& grant,
                                           const WriteOptions& options) override;
  absl::StatusOr<AccountPtr> RevokeDelegate(absl::string_view id,
                                            absl::string_view delegate_account_id,
                                            const WriteOptions& options) override;

  std::vector<absl::StatusOr<ImportOutcome>> Import(const std::vector<ImportItem>& items,
                                                    const ImportSettings& settings) override;

  AccountPtr FindByWindowsName(absl::string_view domain, absl::string_view user) const override;
  AccountPtr FindByPrincipalName(absl::string_view name) const override;
  AccountPtr FindByAlias(absl::string_view alias) const override;
  AccountPtr FindByAddress(absl::string_view address) const override;
  AccountPtr FindByCertificateName(absl::string_view name) const override;
  AccountPtr FindByTokenSubject(absl::string_view subject) const override;
  std::vector<AccountPtr> FindByWindowsUser(absl::string_view user, size_t limit) const override;

  AccountPtr FindDeleted(absl::string_view name) const override;

  absl::StatusOr<ProtocolPolicy> GetPolicy(absl::string_view protocol) const override;
  absl::StatusOr<ProtocolPolicy> UpdatePolicy(absl::string_view protocol,
                                              const PolicyChange& change,
                                              const WriteOptions& options) override;
  uint64_t Revision() const override;
  AccountChanges ChangesAfter(const std::optional<ChangePosition>& position,
                              size_t limit) const override;
  std::unique_ptr<ChangeSignal::Subscription> OnChange(std::function<void()> callback) override {
    return changed_.Subscribe(std::move(callback));
  }

  absl::Status Backup(const std::string& path) const override;
  absl::StatusOr<std::vector<audit::Entry>> ListAudit(uint64_t before, size_t limit) const override;
  absl::StatusOr<size_t> TrimAudit(absl::Time oldest) override;

 private:
  class ImportBatch;
  // Fails when the account cannot be changed so.
  using AccountEdit = std::function<absl::Status(Account*)>;

  // Of an account that is not deleted.
  absl::StatusOr<AccountPtr> ChangeAccount(absl::string_view id, const AccountEdit& edit,
                                           const std::string& fingerprint,
                                           const WriteOptions& options);
  // Of any.
  absl::StatusOr<AccountPtr> EditAccount(absl::string_view id, const AccountEdit& edit,
                                         const std::string& fingerprint,
                                         const WriteOptions& options);
  absl::StatusOr<AccountPtr> CurrentForWrite(absl::string_view id, const WriteOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  Account MakeAccount(const NewAccount& account);
  // Completes and stores an account, new or changed.
  absl::StatusOr<AccountPtr> Store(Account account, const std::string& fingerprint,
                                   const WriteOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  absl::Status Remove(const Account& account, const std::string& fingerprint,
                      const WriteOptions& options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  absl::StatusOr<const RememberedRequest*> FindRepeat(const WriteOptions& options,
                                                      const std::string& fingerprint) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  // Gives `change` its revision, which is that of the accounts in it, and what it remembers, makes
  // it durable, then visible.
  absl::Status Commit(DirectoryChange change, const std::string& fingerprint,
                      const WriteOptions& options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  // The entries that `change` leaves behind.
  std::vector<audit::Entry> AuditOf(const DirectoryChange& change, const WriteOptions& options,
                                    absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  // The number of the first entry at or after `time`.
  absl::StatusOr<uint64_t> FirstAuditNumberAt(absl::Time time) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  void Apply(const DirectoryChange& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  // The account that was there, or nullptr.
  AccountPtr Forget(absl::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  Random& random_;

  // Held through a whole write, its disk included; taken before mutex_.
  mutable Mutex write_mutex_;
  const std::unique_ptr<Journal> journal_ ABSL_PT_GUARDED_BY(write_mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(write_mutex_);
  RequestMemory requests_ ABSL_GUARDED_BY(write_mutex_);
  audit::Trail trail_ ABSL_GUARDED_BY(write_mutex_);

  // Held for moments: readers never wait for a disk. Changed only by a holder of write_mutex_.
  mutable Mutex mutex_;
  std::map<std::string, AccountPtr, std::less<>> accounts_ ABSL_GUARDED_BY(mutex_);
  NameIndex names_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, ProtocolPolicy, std::less<>> policies_ ABSL_GUARDED_BY(mutex_);

  uint64_t visible_revision_ ABSL_GUARDED_BY(mutex_);
  ChangeIndex changes_ ABSL_GUARDED_BY(mutex_);

  // Its callbacks are called with write_mutex_ held, and may take mutex_.
  ChangeSignal changed_;
};

// A directory that lives as long as the process. For tests and as the conformance suite's model.
std::unique_ptr<Directory> MakeMemoryDirectory(std::vector<ProtocolPolicy> defaults,
                                               const Clock& clock, Random& random);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_INDEXED_DIRECTORY_H_
