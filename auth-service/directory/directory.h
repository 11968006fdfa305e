#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_DIRECTORY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/change_index.h"
#include "auth-service/directory/protocol_policy.h"
#include "common/audit/entry.h"
#include "common/base/change_signal.h"

namespace restante::directory {

// What the caller of Create chooses; the rest of an Account is the directory's.
struct NewAccount {
  std::string id;
  std::vector<std::string> windows_names;
  std::vector<std::string> principal_names;
  std::string alias;
  std::vector<std::string> addresses;
  std::vector<std::string> certificate_names = {};
  std::vector<std::string> token_subjects = {};
  std::string placement;
  bool disabled = false;
  std::vector<std::string> disabled_mechanisms;
  std::optional<ntlm::WeakestResponse> weakest_ntlm_response = std::nullopt;
};

// The fields to replace; nullopt leaves one as it is.
struct AccountChange {
  std::optional<std::vector<std::string>> windows_names = std::nullopt;
  std::optional<std::vector<std::string>> principal_names = std::nullopt;
  std::optional<std::string> alias = std::nullopt;
  std::optional<std::vector<std::string>> addresses = std::nullopt;
  std::optional<std::vector<std::string>> certificate_names = std::nullopt;
  std::optional<std::vector<std::string>> token_subjects = std::nullopt;
  std::optional<bool> disabled = std::nullopt;
  std::optional<std::vector<std::string>> disabled_mechanisms = std::nullopt;
  // The inner nullopt leaves it to the policy.
  std::optional<std::optional<ntlm::WeakestResponse>> weakest_ntlm_response = std::nullopt;
};

// A delegate to be.
struct DelegateGrant {
  std::string account_id;
  bool may_delete = false;
  absl::Time expire_time = absl::InfiniteFuture();
};

// One account of an import.
struct ImportItem {
  // Of an account that is there, everything is replaced, except placement, which must be empty or
  // as it is.
  NewAccount account;
  std::optional<SealedCredential> credential = std::nullopt;  // nullopt: stays as it is
};

// A credential that is sealed under another key.
struct Resealed {
  std::string account_id;
  std::string old_sealed;  // what it replaces
  SealedCredential credential;
};

struct ImportSettings {
  bool update_existing = false;  // else an account that is there is an error
  bool validate_only = false;
  std::string default_placement = {};  // of new accounts without one
  audit::Author author = {};
};

enum class ImportOutcome { kCreated, kUpdated, kUnchanged };

// How a write is to be carried out.
struct WriteOptions {
  // When given, the account or policy must still have this revision: ABORTED/ETAG_MISMATCH
  // otherwise.
  std::optional<uint64_t> expected_revision = std::nullopt;
  // IsId, or empty. A repeat of a write that succeeded, under the same id within a day, changes
  // nothing and gives the first answer. The same id for another write is
  // INVALID_ARGUMENT/FIELD_INVALID. Failed writes are not remembered: a repeat tries again.
  std::string request_id = {};
  // Checks all that the write would, gives what it would answer, and changes nothing: revision,
  // update_time and a new account's mailbox_id are not those of the write.
  bool validate_only = false;
  // For the audit entry that the write leaves.
  audit::Author author = {};
};

// A page of accounts in ascending order of id.
struct AccountPage {
  std::vector<AccountPtr> accounts;
  bool more = false;  // there are accounts behind the last one given
};

// Who there is: accounts, their names and credentials, and the logon policy.
//
// Names are unique over all accounts within their kind (Windows names, principal names, aliases,
// addresses), compared by FoldName. So are certificate names and token subjects, of which those
// that another than this directory gives out case by case ("uri:", "subject:", every token subject)
// are compared octet by octet. A write is durable and visible to every reader when it returns;
// readers never wait for a write's disk. A deleted account keeps id and names until it is purged,
// so that it can come back, but is found by Get and List alone: nobody logs on with it and no mail
// is delivered for it. Failures of every write, besides those named below: INTERNAL/STORE_FAILED
// (the outcome is unknown; writes are refused until a restart), RESOURCE_EXHAUSTED/STORE_FULL
// (nothing changed), INVALID_ARGUMENT/FIELD_INVALID.
//
// Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  // ALREADY_EXISTS/ACCOUNT_EXISTS, or ALREADY_EXISTS/NAME_TAKEN naming the holder.
  virtual absl::StatusOr<AccountPtr> Create(const NewAccount& account,
                                            const WriteOptions& options) = 0;
  // Deleted ones too. NOT_FOUND/ACCOUNT_NOT_FOUND.
  virtual absl::StatusOr<AccountPtr> Get(absl::string_view id) const = 0;
  // At most `page_size` (at least 1) accounts, deleted ones too, whose id is greater than `after`.
  virtual AccountPage List(size_t page_size, absl::string_view after) const = 0;
  // How many there are, deleted ones too.
  virtual size_t Count() const = 0;
  // NOT_FOUND/ACCOUNT_NOT_FOUND, FAILED_PRECONDITION/ACCOUNT_DELETED, ALREADY_EXISTS/NAME_TAKEN,
  // ABORTED/ETAG_MISMATCH.
  virtual absl::StatusOr<AccountPtr> Update(absl::string_view id, const AccountChange& change,
                                            const WriteOptions& options) = 0;
  // Takes it out of use for `kept`, which is not negative; the account as it is then, or nullptr
  // for a repeat of what an earlier version answered. NOT_FOUND/ACCOUNT_NOT_FOUND,
  // ABORTED/ETAG_MISMATCH, FAILED_PRECONDITION/ACCOUNT_DELETED.
  virtual absl::StatusOr<AccountPtr> Delete(absl::string_view id, absl::Duration kept,
                                            const WriteOptions& options) = 0;
  // Takes Delete back. NOT_FOUND/ACCOUNT_NOT_FOUND, ABORTED/ETAG_MISMATCH,
  // FAILED_PRECONDITION/ACCOUNT_NOT_DELETED.
  virtual absl::StatusOr<AccountPtr> Undelete(absl::string_view id,
                                              const WriteOptions& options) = 0;
  // Removes it for good, deleted before or not, with all names. NOT_FOUND/ACCOUNT_NOT_FOUND,
  // ABORTED/ETAG_MISMATCH.
  virtual absl::Status Purge(absl::string_view id, const WriteOptions& options) = 0;
  // Purges those whose deletion has expired; how many.
  virtual absl::StatusOr<size_t> PurgeExpired() = 0;
  // Creates or updates up to 1,000 accounts, in as few durable steps as their names allow, usually
  // one; an answer for each, in order, as Create and Update would give it. An item is held against
  // the directory and the items before it.
  virtual std::vector<absl::StatusOr<ImportOutcome>> Import(const std::vector<ImportItem>& items,
                                                            const ImportSettings& settings) = 0;
  // Replaces the credential, set at this moment. A repeat is recognised by request id and account
  // alone: nothing derived from the secret is kept to compare with. NOT_FOUND/ACCOUNT_NOT_FOUND,
  // FAILED_PRECONDITION/ACCOUNT_DELETED.
  virtual absl::StatusOr<AccountPtr> SetCredential(absl::string_view id,
                                                   SealedCredential credential,
                                                   const WriteOptions& options) = 0;

  // Replaces what credentials are sealed with, in one durable step, and nothing that is known of
  // their accounts: etag, update time and the credential's age stay. One that is not as it was any
  // more is passed over; how many were replaced.
  virtual absl::StatusOr<size_t> Reseal(const std::vector<Resealed>& credentials,
                                        const audit::Author& author) = 0;

  // Lets another account open the mailbox of account `id`, or changes what it may do there.
  // NOT_FOUND/ACCOUNT_NOT_FOUND and FAILED_PRECONDITION/ACCOUNT_DELETED for either,
  // ABORTED/ETAG_MISMATCH, RESOURCE_EXHAUSTED/LIMIT_EXCEEDED over kMaxDelegates.
  virtual absl::StatusOr<AccountPtr> GrantDelegate(absl::string_view id, const DelegateGrant& grant,
                                                   const WriteOptions& options) = 0;
  // NOT_FOUND/ACCOUNT_NOT_FOUND, FAILED_PRECONDITION/ACCOUNT_DELETED, NOT_FOUND/DELEGATE_NOT_FOUND,
  // ABORTED/ETAG_MISMATCH.
  virtual absl::StatusOr<AccountPtr> RevokeDelegate(absl::string_view id,
                                                    absl::string_view delegate_account_id,
                                                    const WriteOptions& options) = 0;

  // Lookups, from memory. nullptr when there is none; names that are not UTF-8 are never found.
  virtual AccountPtr FindByWindowsName(absl::string_view domain, absl::string_view user) const = 0;
  virtual AccountPtr FindByPrincipalName(absl::string_view name) const = 0;
  virtual AccountPtr FindByAlias(absl::string_view alias) const = 0;
  virtual AccountPtr FindByAddress(absl::string_view address) const = 0;
  virtual AccountPtr FindByCertificateName(absl::string_view name) const = 0;
  virtual AccountPtr FindByTokenSubject(absl::string_view subject) const = 0;
  // Accounts that have some Windows name "*\user", each once, at most `limit` of them.
  virtual std::vector<AccountPtr> FindByWindowsUser(absl::string_view user, size_t limit) const = 0;

  // A deleted account with this name, as a Windows name, principal name, alias or address; nullptr
  // when there is none.
  virtual AccountPtr FindDeleted(absl::string_view name) const = 0;

  // NOT_FOUND for a protocol without a policy.
  virtual absl::StatusOr<ProtocolPolicy> GetPolicy(absl::string_view protocol) const = 0;
  // NOT_FOUND likewise, ABORTED/ETAG_MISMATCH, INVALID_ARGUMENT/FIELD_INVALID for a mechanism that
  // the policy does not list, or what ValidateNtlmPolicy and ValidateNamePolicy refuse.
  virtual absl::StatusOr<ProtocolPolicy> UpdatePolicy(absl::string_view protocol,
                                                      const PolicyChange& change,
                                                      const WriteOptions& options) = 0;

  // Of the last change that readers see: greater with each of an account or policy, and kept over
  // restarts.
  virtual uint64_t Revision() const = 0;
  // Accounts that were created, changed or purged, each with its latest state, in the order of
  // their last changes; at most `limit`. nullopt begins with all there are. A position holds over
  // restarts.
  virtual AccountChanges ChangesAfter(const std::optional<ChangePosition>& position,
                                      size_t limit) const = 0;
  // Calls back after each change of an account or policy, once it is visible, as ChangeSignal does;
  // the callback must not write. The directory must outlive the subscription.
  virtual std::unique_ptr<ChangeSignal::Subscription> OnChange(std::function<void()> callback) = 0;

  // Writes a copy as of one moment to the folder `path`, which is not there and whose parent is;
  // writes wait meanwhile. Where both are on one file system, most files are in both. UNAVAILABLE,
  // RESOURCE_EXHAUSTED/STORE_FULL, FAILED_PRECONDITION for a directory in memory.
  virtual absl::Status Backup(const std::string& path) const = 0;

  // Audit entries with a number below `before`, the latest first, at most `limit`. Each change of
  // an account or policy leaves one, durable with it. Waits for a write under way. DATA_LOSS when
  // one is damaged.
  virtual absl::StatusOr<std::vector<audit::Entry>> ListAudit(uint64_t before,
                                                              size_t limit) const = 0;
  // Drops the entries of a time before `oldest`, and those beyond the last audit::kMaxEntries, but
  // never the last; how many.
  virtual absl::StatusOr<size_t> TrimAudit(absl::Time oldest) = 0;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_DIRECTORY_H_
