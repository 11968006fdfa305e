#include "mailstore-service/store/rocksdb/index_starts.h"

namespace restante::mailstore {

IndexStarts::Era IndexStarts::CurrentEra() const {
  MutexLock lock(&mutex_);
  return era_;
}

uint64_t IndexStarts::StartOf(const std::string& mailbox_id) const {
  MutexLock lock(&mutex_);
  const auto known = starts_.find(mailbox_id);
  return known == starts_.end() ? 0 : known->second;
}

void IndexStarts::Learn(const std::string& mailbox_id, uint64_t start, Era era) {
  MutexLock lock(&mutex_);
  if (era != era_ || restorals_ > 0) return;
  if (starts_.size() >= kMostMailboxes) starts_.clear();
  starts_[mailbox_id] = start;
}

IndexStarts::Restoral::Restoral(IndexStarts* starts) : starts_(*starts) {
  MutexLock lock(&starts_.mutex_);
  ++starts_.era_;
  ++starts_.restorals_;
  starts_.starts_.clear();
}

IndexStarts::Restoral::~Restoral() {
  MutexLock lock(&starts_.mutex_);
  // Who read the list before the messages came back may only learn of it now.
  ++starts_.era_;
  --starts_.restorals_;
}

}  // namespace restante::mailstore
