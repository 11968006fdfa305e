#include "auth-service/logon/throttle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/unicode.h"
#include "common/crypto/digest.h"

namespace restante::logon {
namespace {

// Beyond this many the delay is the longest anyway; a bound for the counter.
constexpr uint32_t kMaxFailures = 64;

// A digest, so that long names from outside take no more room than short ones.
std::string NameKey(absl::string_view user, const IpAddress& source) {
  return Sha256(absl::StrCat(source.NetworkOctets(), FoldName(user).value_or(std::string())))
      .substr(0, 16);
}

}  // namespace

Throttle::Throttle(const Clock& clock)
    : clock_(clock), names_(3, absl::Seconds(30)), sources_(20, absl::Seconds(10)) {}

absl::Duration Throttle::OnFailure(absl::string_view user, const IpAddress& source) {
  const std::string name_key = NameKey(user, source);
  const absl::Duration now = clock_.MonotonicNow();
  MutexLock lock(&mutex_);
  return std::max(names_.OnFailure(name_key, now), sources_.OnFailure(source.Octets(), now));
}

absl::Duration Throttle::Pending(absl::string_view user, const IpAddress& source) const {
  const std::string name_key = NameKey(user, source);
  const absl::Duration now = clock_.MonotonicNow();
  MutexLock lock(&mutex_);
  return std::max(names_.Pending(name_key, now), sources_.Pending(source.Octets(), now));
}

Throttle::Slowing Throttle::SlowingOf(absl::string_view user, const IpAddress& source) const {
  const std::string name_key = NameKey(user, source);
  const absl::Duration now = clock_.MonotonicNow();
  MutexLock lock(&mutex_);
  Slowing slowing;
  slowing.name_failures = names_.FailuresOf(name_key, now);
  slowing.source_failures = sources_.FailuresOf(source.Octets(), now);
  slowing.next_delay = std::max(names_.DelayOf(slowing.name_failures + 1),
                                sources_.DelayOf(slowing.source_failures + 1));
  return slowing;
}

absl::Duration Throttle::OnSuccess(absl::string_view user, const IpAddress& source) {
  const absl::Duration pending = Pending(user, source);
  const std::string name_key = NameKey(user, source);
  MutexLock lock(&mutex_);
  const absl::Duration now = clock_.MonotonicNow();
  names_.Clear(name_key, now);
  sources_.Halve(source.Octets(), now);
  return pending;
}

absl::Duration Throttle::Budget::OnFailure(const std::string& key, absl::Duration now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    entries_.push_front({key, 0, now, now});
    by_key_[key] = entries_.begin();
  } else {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  Entry& entry = entries_.front();
  Forgive(&entry, now);
  entry.failures = std::min(entry.failures + 1, kMaxFailures);
  if (entries_.size() > kMaxEntries) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  const absl::Duration delay = DelayOf(entry.failures);
  if (entry.failures > free_failures_) {
    entry.answered_until = std::max(entry.answered_until, now + delay);
  }
  return delay;
}

absl::Duration Throttle::Budget::DelayOf(uint32_t failures) const {
  absl::Duration delay = kLeastDelay;
  for (uint32_t i = free_failures_; i < failures && delay < kMostDelay; ++i) delay *= 2;
  return std::min(delay, kMostDelay);
}

uint32_t Throttle::Budget::FailuresOf(const std::string& key, absl::Duration now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return 0;
  Entry entry = *found->second;
  Forgive(&entry, now);
  return entry.failures;
}

absl::Duration Throttle::Budget::Pending(const std::string& key, absl::Duration now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return absl::ZeroDuration();
  return std::max(found->second->answered_until - now, absl::ZeroDuration());
}

void Throttle::Budget::Clear(const std::string& key, absl::Duration now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  found->second->failures = 0;
  // Who tries each guess twice would else see the second right one told at once.
  if (found->second->answered_until > now) return;
  entries_.erase(found->second);
  by_key_.erase(found);
}

void Throttle::Budget::Halve(const std::string& key, absl::Duration now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  Forgive(&*found->second, now);
  found->second->failures /= 2;
}

void Throttle::Budget::Forgive(Entry* entry, absl::Duration now) const {
  absl::Duration rest;
  const int64_t forgiven = absl::IDivDuration(now - entry->counted_until, forgiven_every_, &rest);
  if (forgiven <= 0) return;
  entry->failures -= static_cast<uint32_t>(std::min<int64_t>(forgiven, entry->failures));
  entry->counted_until = now - rest;
}

}  // namespace restante::logon
