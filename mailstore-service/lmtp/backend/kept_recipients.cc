#include "mailstore-service/lmtp/backend/kept_recipients.h"

#include <utility>

namespace restante::lmtp {

void KeptRecipients::SetRevision(uint64_t revision) {
  MutexLock lock(&mutex_);
  if (revision_ != revision) entries_.clear();
  revision_ = revision;
}

void KeptRecipients::Forget() {
  MutexLock lock(&mutex_);
  revision_.reset();
  entries_.clear();
}

std::optional<RecipientFound> KeptRecipients::Find(const std::string& address) const {
  MutexLock lock(&mutex_);
  const auto entry = entries_.find(address);
  if (entry == entries_.end() || clock_.MonotonicNow() >= entry->second.expiry) return std::nullopt;
  return entry->second.recipient;
}

void KeptRecipients::Keep(const std::string& address, const RecipientFound& recipient,
                          uint64_t revision) {
  MutexLock lock(&mutex_);
  if (!revision_ || revision < *revision_) return;
  // Those that are in use are soon here again.
  if (entries_.size() >= kMaxRecipients) entries_.clear();
  entries_.insert_or_assign(address, Entry{recipient, clock_.MonotonicNow() + longest_});
}

}  // namespace restante::lmtp
