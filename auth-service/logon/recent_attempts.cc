#include "auth-service/logon/recent_attempts.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/ids.h"

namespace restante::logon {
namespace {

// As Crockford's base 32 is meant to be read.
std::string Normalized(absl::string_view reference) {
  std::string normalized;
  for (const char c : reference) {
    const char upper = absl::ascii_toupper(c);
    if (upper == '-' || upper == ' ') continue;
    if (upper == 'O') {
      normalized.push_back('0');
    } else if (upper == 'I' || upper == 'L') {
      normalized.push_back('1');
    } else {
      normalized.push_back(upper);
    }
  }
  return normalized;
}

}  // namespace

void RecentAttempts::Add(Attempt attempt) {
  Remember(std::move(attempt));
  added_signal_.Notify();
}

uint64_t RecentAttempts::Count() const {
  MutexLock lock(&mutex_);
  return added_;
}

RecentAttempts::Since RecentAttempts::After(uint64_t after, size_t limit) const {
  Since since;
  MutexLock lock(&mutex_);
  if (after >= added_) return since;
  const uint64_t first = attempts_.front().number;
  since.missed = first > after + 1 ? first - after - 1 : 0;
  // Numbers have no gaps.
  for (size_t i = after + 1 + since.missed - first;
       i < attempts_.size() && since.attempts.size() < limit; ++i) {
    since.attempts.push_back({attempts_[i].number, attempts_[i].attempt});
  }
  return since;
}

void RecentAttempts::Remember(Attempt attempt) {
  const std::string reference = Normalized(AttemptReference(attempt.attempt_id));
  auto remembered = std::make_shared<const Attempt>(std::move(attempt));
  MutexLock lock(&mutex_);
  attempts_.push_back({reference, remembered, ++added_});
  by_reference_[reference] = std::move(remembered);
  if (attempts_.size() <= max_attempts_) return;
  const Remembered& oldest = attempts_.front();
  const auto entry = by_reference_.find(oldest.reference);
  // A later attempt may have the same reference.
  if (entry != by_reference_.end() && entry->second == oldest.attempt) by_reference_.erase(entry);
  attempts_.pop_front();
}

std::vector<RecentAttempts::Numbered> RecentAttempts::Latest(uint64_t before) const {
  std::vector<Numbered> latest;
  MutexLock lock(&mutex_);
  for (auto it = attempts_.rbegin(); it != attempts_.rend(); ++it) {
    if (it->number < before) latest.push_back({it->number, it->attempt});
  }
  return latest;
}

std::shared_ptr<const Attempt> RecentAttempts::Find(absl::string_view reference) const {
  const std::string normalized = Normalized(reference);
  MutexLock lock(&mutex_);
  const auto found = by_reference_.find(normalized);
  return found == by_reference_.end() ? nullptr : found->second;
}

}  // namespace restante::logon
