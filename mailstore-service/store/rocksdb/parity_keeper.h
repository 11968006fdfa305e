#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_KEEPER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_KEEPER_H_

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "mailstore-service/store/rocksdb/parity_file.h"
#include "mailstore-service/store/store_observer.h"

namespace restante::mailstore {

// Keeps a parity file for every file of a database, and mends with them what the database says is
// damaged. parity.md says what that is good for. Thread-safe.
class ParityKeeper {
 public:
  // For the database in `directory`, whose parity files are in the folder "parity" below.
  // `clock` and `observer`, which may be null, outlive it.
  ParityKeeper(std::string directory, const Clock& clock, StoreObserver* observer);
  // Brings the parity files up to date.
  ~ParityKeeper();
  ParityKeeper(const ParityKeeper&) = delete;
  ParityKeeper& operator=(const ParityKeeper&) = delete;

  // For a database that is not open. Mends what is read whole at an open, where damage would be
  // taken for the end: logs, manifest and the like.
  void MendForOpen();
  // Mends every file, which reads them all.
  MendResult MendAll();
  // How often all files are looked through for a damage whose file is not named.
  static constexpr absl::Duration kAllInterval = absl::Hours(1);
  // Mends the file that `error` names, which the database found damaged; all that hold mail when it
  // names none, but that not again within kAllInterval. Whether something was mended. False at once
  // while another thread mends.
  bool Mend(absl::string_view error);

  // From now on files are followed, on a thread of this.
  void Start();
  // That the logs have grown.
  void OnWrite();
  // That files have come, gone or been finished.
  void OnFilesChanged();
  // What the thread does at each turn: follows every file, and drops the parity of those that are
  // gone.
  void FollowAll();

 private:
  void Run();
  // Those that FollowAll has met.
  void FollowLogs();
  void Follow(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  std::vector<std::string> FilesWhere(absl::FunctionRef<bool(absl::string_view name)> wanted) const;
  MendResult MendFiles(const std::vector<std::string>& names);
  std::string PathOf(absl::string_view name) const;
  std::string ParityPathOf(absl::string_view name) const;

  const std::string directory_;
  const Clock& clock_;
  StoreObserver* const observer_;
  // Held while parity files are written or used.
  Mutex files_mutex_;
  std::map<std::string, int64_t> covered_ ABSL_GUARDED_BY(files_mutex_);  // octets by file
  Mutex mutex_;
  CondVar changed_;
  bool written_ ABSL_GUARDED_BY(mutex_) = false;
  bool files_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool mending_ ABSL_GUARDED_BY(mutex_) = false;
  // By who mends alone.
  std::map<std::string, int64_t> damaged_pages_;  // that were reported, by file
  absl::Duration all_looked_through_ = -absl::InfiniteDuration();
  std::thread thread_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_KEEPER_H_
