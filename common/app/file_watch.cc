#include "common/app/file_watch.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"

namespace restante::app {

FileWatch::FileWatch(std::vector<std::string> paths, net::EventLoop* loop,
                     std::function<void()> on_change, absl::Duration interval)
    : paths_(std::move(paths)),
      loop_(*loop),
      on_change_(std::move(on_change)),
      interval_(interval),
      stamp_(Stamp()) {
  loop_.Post([this] { Schedule(); });
}

FileWatch::~FileWatch() {
  Mutex mutex;
  CondVar done;
  bool cancelled = false;
  loop_.Post([&] {
    timer_.Cancel();
    MutexLock lock(&mutex);
    cancelled = true;
    done.SignalAll();
  });
  MutexLock lock(&mutex);
  while (!cancelled) done.Wait(&mutex);
}

void FileWatch::Schedule() {
  timer_ = loop_.After(interval_, [this] {
    std::string stamp = Stamp();
    if (stamp != std::exchange(stamp_, stamp)) on_change_();
    Schedule();
  });
}

std::string FileWatch::Stamp() const {
  std::string stamp;
  for (const std::string& path : paths_) {
    struct stat info {};
    if (stat(path.c_str(), &info) == 0) {
      absl::StrAppend(&stamp, info.st_dev, " ", info.st_ino, " ", info.st_size, " ",
                      info.st_mtim.tv_sec, " ", info.st_mtim.tv_nsec);
    }
    stamp += "\n";
  }
  return stamp;
}

}  // namespace restante::app
