#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_CHANGE_INDEX_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_CHANGE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"

namespace restante::directory {

// How far a watcher has come.
struct ChangePosition {
  uint64_t base = 0;  // it knows everything up to this revision, or was not there before it
  uint64_t revision = 0;
  std::string account_id = {};  // the last one it has of that revision
};

// An account as it is now, or the id of one that is gone for good.
struct AccountEvent {
  AccountPtr account;  // nullptr: purged
  std::string account_id;
};

// What has changed since a position.
struct AccountChanges {
  std::vector<AccountEvent> events;
  ChangePosition position;  // behind them
  bool complete = false;    // there is nothing behind them
  bool reset = false;       // the position was too old: this is the beginning of all there is
};

// The accounts in the order of their last change, and which were purged lately. Thread-compatible.
class ChangeIndex {
 public:
  static constexpr size_t kMaxPurges = 10'000;

  // Purges up to the revision `forgotten` are not known.
  explicit ChangeIndex(uint64_t forgotten) : forgotten_(forgotten) {}

  // Instead of `old`, which may be nullptr.
  void Put(const Account* old, const AccountPtr& account);
  void Purge(const Account& old, uint64_t revision);

  // At most `limit` events behind `position`, or from the beginning of all there is for nullopt;
  // `revision` is the directory's present one.
  AccountChanges After(const std::optional<ChangePosition>& position, size_t limit,
                       uint64_t revision) const;

 private:
  using Place = std::pair<uint64_t, std::string>;  // revision, account id

  std::map<Place, AccountPtr> changes_;  // nullptr: purged
  std::set<Place> purges_;               // those of changes_ that are
  uint64_t forgotten_;
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_CHANGE_INDEX_H_
