// Writing many accounts at once.
#include <map>
#include <utility>

#include "absl/strings/strip.h"
#include "auth-service/directory/account_changes.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/directory/validation.h"
#include "common/base/status_macros.h"

namespace restante::directory {
namespace {

constexpr absl::string_view kAccountPrefix = "accounts/";

// What an operator sees of both is the same.
bool SaysTheSame(const Account& a, const Account& b) {
  const auto credential = [](const Account& account) {
    return account.credential ? std::pair(account.credential->key_id, account.credential->sealed)
                              : std::pair<std::string, std::string>();
  };
  return a.windows_names == b.windows_names && a.principal_names == b.principal_names &&
         a.alias == b.alias && a.addresses == b.addresses &&
         a.certificate_names == b.certificate_names && a.token_subjects == b.token_subjects &&
         a.disabled == b.disabled && a.disabled_mechanisms == b.disabled_mechanisms &&
         a.weakest_ntlm_response == b.weakest_ntlm_response && credential(a) == credential(b);
}

}  // namespace

// The items of one import that are checked and not yet durable. Lives within one call, which holds
// the directory's write_mutex_.
class IndexedDirectory::ImportBatch {
 public:
  using Outcome = absl::StatusOr<ImportOutcome>;

  ImportBatch(IndexedDirectory* directory, const ImportSettings& settings,
              std::vector<Outcome>* outcomes)
      : directory_(*directory), settings_(settings), outcomes_(*outcomes) {}

  void Add(const ImportItem& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(directory_.write_mutex_) {
    Outcome outcome = Prepare(item);
    // The id or a name may be one that a waiting item changes: once that is durable, what the
    // directory says is true.
    if (!outcome.ok() && !pending_.empty() && !settings_.validate_only) {
      Flush();
      outcome = Prepare(item);
    }
    outcomes_.push_back(std::move(outcome));
  }

  // Makes durable what waits; when that fails, it is what became of each.
  void Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(directory_.write_mutex_) {
    if (pending_.empty()) return;
    DirectoryChange change;
    for (const auto& [id, waiting] : pending_) change.put_accounts.push_back(waiting.account);
    WriteOptions options;
    options.validate_only = settings_.validate_only;
    options.author = settings_.author;
    const absl::Status status = directory_.Commit(std::move(change), "", options);
    if (!status.ok()) {
      for (const auto& [id, waiting] : pending_) outcomes_[waiting.index] = status;
    }
    pending_.clear();
    names_ = NameIndex();
  }

 private:
  struct Waiting {
    AccountPtr account;
    size_t index = 0;  // of outcomes_
  };

  Outcome Prepare(const ImportItem& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(directory_.write_mutex_) {
    if (pending_.count(item.account.id) > 0) return AccountExists(item.account.id);
    const absl::StatusOr<AccountPtr> current = directory_.Get(item.account.id);
    if (current.ok() && !settings_.update_existing) return AccountExists(item.account.id);
    RESTANTE_ASSIGN_OR_RETURN(
        Account account, current.ok() ? Updated(**current, item.account) : Created(item.account));
    if (item.credential) {
      account.credential = item.credential;
      account.credential->set_time = directory_.clock_.WallNow();
    }
    if (current.ok() && SaysTheSame(account, **current)) return ImportOutcome::kUnchanged;
    RESTANTE_RETURN_IF_ERROR(ValidateAccount(account));
    RESTANTE_RETURN_IF_ERROR(CheckNames(account));
    account.revision = directory_.revision_ + 1;
    account.update_time = directory_.clock_.WallNow();
    auto waiting = std::make_shared<const Account>(std::move(account));
    names_.Add(waiting);
    pending_.emplace(waiting->id, Waiting{waiting, outcomes_.size()});
    return current.ok() ? ImportOutcome::kUpdated : ImportOutcome::kCreated;
  }

  absl::StatusOr<Account> Created(const NewAccount& item) {
    Account account = directory_.MakeAccount(item);
    if (account.placement.empty()) account.placement = settings_.default_placement;
    return account;
  }

  static absl::StatusOr<Account> Updated(Account account, const NewAccount& item) {
    if (account.deletion) return AccountIsDeleted(account);
    if (!item.placement.empty() && item.placement != account.placement) {
      return InvalidField("account.placement",
                          absl::StrCat("is ", account.placement, " and cannot be changed so"));
    }
    SetFields(item, &account);
    return account;
  }

  absl::Status CheckNames(const Account& account) const {
    RESTANTE_RETURN_IF_ERROR(names_.CheckFree(account));
    MutexLock lock(&directory_.mutex_);
    absl::Status taken = directory_.names_.CheckFree(account);
    if (taken.ok() || !settings_.validate_only) return taken;
    // A trial makes nothing durable: a holder that waits here has let the name go, else names_
    // would have it.
    const std::string holder = GetErrorMetadata(taken)["holder"];
    return pending_.count(std::string(absl::StripPrefix(holder, kAccountPrefix))) > 0
               ? absl::OkStatus()
               : taken;
  }

  IndexedDirectory& directory_;
  const ImportSettings& settings_;
  std::vector<Outcome>& outcomes_;
  std::map<std::string, Waiting> pending_;  // by account id
  NameIndex names_;                         // of pending_
};

std::vector<absl::StatusOr<ImportOutcome>> IndexedDirectory::Import(
    const std::vector<ImportItem>& items, const ImportSettings& settings) {
  std::vector<absl::StatusOr<ImportOutcome>> outcomes;
  outcomes.reserve(items.size());
  MutexLock write_lock(&write_mutex_);
  ImportBatch batch(this, settings, &outcomes);
  for (const ImportItem& item : items) batch.Add(item);
  batch.Flush();
  return outcomes;
}

}  // namespace restante::directory
