#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_

#include <set>
#include <string>
#include <utility>

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

// Waits for its turn at `key` and has it until destroyed. A thread has at most one turn of the same
// KeyedTurns.
class Turn {
 public:
  Turn(KeyedTurns* turns, std::string key) : turns_(turns), key_(std::move(key)) {
    MutexLock lock(&turns_->mutex_);
    while (!turns_->taken_.insert(key_).second) turns_->ended_.Wait(&turns_->mutex_);
  }
  ~Turn() {
    MutexLock lock(&turns_->mutex_);
    turns_->taken_.erase(key_);
    turns_->ended_.SignalAll();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  KeyedTurns* const turns_;
  const std::string key_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_KEYED_TURNS_H_
