#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"

namespace restante::mailstore {

// One thread at a time for each key, over calls that may wait for the disk. Thread-safe.
class KeyedTurns {
 private:
  friend class Turn;
  Mutex mutex_;
  CondVar ended_;
  std::set<std::string> taken_ ABSL_GUARDED_BY(mutex_);
};

// Waits for its turn at all of `keys`, each there once, and has it until destroyed. A thread has at
// most one Turn of the same KeyedTurns.
class Turn {
 public:
  Turn(KeyedTurns* turns, std::vector<std::string> keys) : turns_(turns), keys_(std::move(keys)) {
    MutexLock lock(&turns_->mutex_);
    // All at once or none: two that want each other's keys do not wait for each other.
    while (AnyIsTaken()) turns_->ended_.Wait(&turns_->mutex_);
    turns_->taken_.insert(keys_.begin(), keys_.end());
  }
  ~Turn() {
    MutexLock lock(&turns_->mutex_);
    for (const std::string& key : keys_) turns_->taken_.erase(key);
    turns_->ended_.SignalAll();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  bool AnyIsTaken() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(turns_->mutex_) {
    for (const std::string& key : keys_) {
      if (turns_->taken_.count(key) > 0) return true;
    }
    return false;
  }

  KeyedTurns* const turns_;
  const std::vector<std::string> keys_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_
