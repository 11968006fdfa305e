#include "pop3-frontend/backend/source_quota.h"

namespace restante::pop3 {

std::variant<SourceQuota::Share, SourceQuota::Full> SourceQuota::Take(std::string source,
                                                                      int64_t amount, Most most) {
  MutexLock lock(&mutex_);
  if (amount > most.all - all_) return Full::kAll;
  auto found = by_source_.find(source);
  const int64_t taken = found == by_source_.end() ? 0 : found->second;
  if (amount > most.per_source - taken) return Full::kSource;
  all_ += amount;
  by_source_[source] += amount;
  return Share(this, std::move(source), amount);
}

void SourceQuota::GiveBack(const std::string& source, int64_t amount) {
  MutexLock lock(&mutex_);
  all_ -= amount;
  auto found = by_source_.find(source);
  found->second -= amount;
  if (found->second == 0) by_source_.erase(found);
}

}  // namespace restante::pop3
