#ifndef RESTANTE_COMMON_APP_FILE_WATCH_H_
#define RESTANTE_COMMON_APP_FILE_WATCH_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/net/event_loop.h"

namespace restante::app {

// Tells when one of some files or directories was written or replaced, be it behind a symbolic link
// as Kubernetes does, by looking every few seconds.
class FileWatch {
 public:
  // `on_change` runs on the loop's thread. `loop` outlives the watch.
  FileWatch(std::vector<std::string> paths, net::EventLoop* loop, std::function<void()> on_change,
            absl::Duration interval = absl::Seconds(5));
  // No `on_change` runs once it returns. Not on the loop.
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void Schedule();
  std::string Stamp() const;

  const std::vector<std::string> paths_;
  net::EventLoop& loop_;
  const std::function<void()> on_change_;
  const absl::Duration interval_;
  std::string stamp_;  // on the loop, as the timer
  net::Timer timer_;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_FILE_WATCH_H_
