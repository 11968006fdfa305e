#include "mailstore-service/store/rocksdb/parity_keeper.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

// A flush or a compaction is followed so soon, and the logs while they are written.
constexpr absl::Duration kInterval = absl::Seconds(1);
// When no file is known to have come, gone or been finished: a large store has many.
constexpr absl::Duration kIdleInterval = absl::Seconds(10);
constexpr absl::Duration kLogInterval = absl::Milliseconds(20);
constexpr absl::string_view kSuffix = ".parity";

bool IsLog(absl::string_view name) { return absl::EndsWith(name, ".log"); }
bool HoldsMail(absl::string_view name) {
  return absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".blob");
}
bool IsReadAtOpen(absl::string_view name) {
  return IsLog(name) || name == "CURRENT" || name == "IDENTITY" ||
         absl::StartsWith(name, "MANIFEST-") || absl::StartsWith(name, "OPTIONS-");
}
bool IsKept(absl::string_view name) { return IsReadAtOpen(name) || HoldsMail(name); }

}  // namespace

ParityKeeper::ParityKeeper(std::string directory, const Clock& clock, StoreObserver* observer)
    : directory_(std::move(directory)), clock_(clock), observer_(observer) {}

ParityKeeper::~ParityKeeper() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  thread_.join();
  FollowAll();
}

std::string ParityKeeper::PathOf(absl::string_view name) const {
  return absl::StrCat(directory_, "/", name);
}

std::string ParityKeeper::ParityPathOf(absl::string_view name) const {
  return absl::StrCat(directory_, "/parity/", name, kSuffix);
}

std::vector<std::string> ParityKeeper::FilesWhere(
    absl::FunctionRef<bool(absl::string_view name)> wanted) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename().string();
    if (wanted(name)) names.push_back(std::move(name));
  }
  return names;
}

void ParityKeeper::Start() {
  std::error_code error;
  fs::create_directory(directory_ + "/parity", error);
  fs::permissions(directory_ + "/parity", fs::perms::owner_all, error);
  thread_ = std::thread([this] { Run(); });
}

void ParityKeeper::OnWrite() {
  MutexLock lock(&mutex_);
  if (written_) return;
  written_ = true;
  changed_.SignalAll();
}

void ParityKeeper::OnFilesChanged() {
  MutexLock lock(&mutex_);
  files_changed_ = true;
}

void ParityKeeper::Run() {
  FollowAll();
  absl::Duration since_all;
  while (true) {
    bool all = false;
    {
      MutexLock lock(&mutex_);
      if (!written_ && !ending_) changed_.WaitFor(&mutex_, kInterval);
      // Writes that come together are followed together.
      const bool busy = written_;
      if (busy && !ending_) changed_.WaitFor(&mutex_, kLogInterval);
      if (ending_) return;
      written_ = false;
      since_all += busy ? kLogInterval : kInterval;
      all = since_all >= (files_changed_ ? kInterval : kIdleInterval);
      if (all) files_changed_ = false;
    }
    FollowLogs();
    if (!all) continue;
    since_all = absl::ZeroDuration();
    FollowAll();
  }
}

void ParityKeeper::Follow(const std::string& name) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(PathOf(name), error));
  const auto covered = covered_.find(name);
  // CURRENT is replaced by others of the same size.
  if (error || (covered != covered_.end() && covered->second == size && name != "CURRENT")) return;
  const absl::StatusOr<int64_t> extended = ExtendParity(PathOf(name), ParityPathOf(name));
  // Without parity, for want of room for instance, the store is as good as one that has none.
  if (extended.ok()) covered_[name] = *extended;
}

void ParityKeeper::FollowLogs() {
  MutexLock lock(&files_mutex_);
  for (const auto& [name, octets] : covered_) {
    if (IsLog(name)) Follow(name);
  }
}

void ParityKeeper::FollowAll() {
  const std::vector<std::string> names = FilesWhere(IsKept);
  for (const std::string& name : names) {
    MutexLock lock(&files_mutex_);
    Follow(name);
  }
  std::error_code error;
  std::vector<fs::path> gone;
  for (fs::directory_iterator it(directory_ + "/parity", error), end; !error && it != end;
       it.increment(error)) {
    if (!fs::exists(PathOf(it->path().stem().string()), error)) gone.push_back(it->path());
  }
  MutexLock lock(&files_mutex_);
  for (const fs::path& path : gone) {
    fs::remove(path, error);
    covered_.erase(path.stem().string());
  }
}

MendResult ParityKeeper::MendFiles(const std::vector<std::string>& names) {
  MendResult total;
  for (const std::string& name : names) {
    MendResult result;
    {
      MutexLock lock(&files_mutex_);
      result = MendFile(PathOf(name), ParityPathOf(name)).value_or(MendResult());
    }
    total += result;
    // Once, however often it is met.
    const int64_t known = std::exchange(damaged_pages_[name], result.damaged_pages);
    if (result.mended_pages == 0 && result.damaged_pages <= known) continue;
    if (observer_ == nullptr) continue;
    observer_->OnDamagedFile(name, result.mended_pages, result.damaged_pages);
  }
  return total;
}

void ParityKeeper::MendForOpen() { MendFiles(FilesWhere(IsReadAtOpen)); }

MendResult ParityKeeper::MendAll() { return MendFiles(FilesWhere(IsKept)); }

bool ParityKeeper::Mend(absl::string_view error) {
  {
    MutexLock lock(&mutex_);
    if (mending_) return false;
    mending_ = true;
  }
  const auto done = absl::MakeCleanup([this] {
    MutexLock lock(&mutex_);
    mending_ = false;
  });
  std::vector<std::string> names = FilesWhere([error](absl::string_view name) {
    return IsKept(name) && absl::StrContains(error, absl::StrCat("/", name));
  });
  if (names.empty() && clock_.MonotonicNow() - all_looked_through_ >= kAllInterval) {
    all_looked_through_ = clock_.MonotonicNow();
    names = FilesWhere(HoldsMail);
  }
  return MendFiles(names).mended_pages > 0;
}

}  // namespace restante::mailstore
