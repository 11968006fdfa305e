#include "auth-service/directory/change_index.h"

#include <algorithm>

namespace restante::directory {

void ChangeIndex::Put(const Account* old, const AccountPtr& account) {
  if (old != nullptr) changes_.erase({old->revision, old->id});
  changes_[{account->revision, account->id}] = account;
}

void ChangeIndex::Purge(const Account& old, uint64_t revision) {
  changes_.erase({old.revision, old.id});
  changes_[{revision, old.id}] = nullptr;
  purges_.insert({revision, old.id});
  if (purges_.size() <= kMaxPurges) return;
  forgotten_ = purges_.begin()->first;
  changes_.erase(*purges_.begin());
  purges_.erase(purges_.begin());
}

AccountChanges ChangeIndex::After(const std::optional<ChangePosition>& position, size_t limit,
                                  uint64_t revision) const {
  AccountChanges result;
  result.reset = position && position->base < forgotten_;
  result.position = position && !result.reset ? *position : ChangePosition{.base = revision};
  ChangePosition& at = result.position;
  auto next = changes_.upper_bound({at.revision, at.account_id});
  for (; next != changes_.end() && result.events.size() < limit; ++next) {
    const auto& [place, account] = *next;
    at.revision = place.first;
    at.account_id = place.second;
    // Who was not there yet has nothing to forget.
    if (account == nullptr && place.first <= at.base) continue;
    result.events.push_back({account, place.second});
  }
  at.base = std::max(at.base, at.revision);
  result.complete = next == changes_.end();
  return result;
}

}  // namespace restante::directory
