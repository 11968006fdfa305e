#ifndef RESTANTE_COMMON_NET_EVENT_LOOP_H_
#define RESTANTE_COMMON_NET_EVENT_LOOP_H_

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/net/executor.h"

namespace asio {
class io_context;
}  // namespace asio

namespace restante::net {

// A task that runs later unless this is destroyed or assigned over before. Belongs to the loop's
// thread.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { Cancel(); }

  void Cancel();

 private:
  friend class EventLoop;
  struct State;
  explicit Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

// One thread that runs tasks, timers and the connections that belong to it. Signals are blocked on
// it, SIGPIPE too, so that writing to a connection that broke is an error and nothing more.
class EventLoop {
 public:
  EventLoop();
  // Lets the task that runs finish, and destroys those that have not begun. What lives on the loop
  // must be gone by then; not to be called on the loop.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Thread-safe.
  void Post(Task task) const { executor_(std::move(task)); }
  // Stays callable when the loop has ended.
  const Executor& executor() const { return executor_; }

  // On the loop's thread only: runs the task on it, `delay` from now.
  [[nodiscard]] Timer After(absl::Duration delay, Task task);
  // What After's delays count on; never goes back.
  absl::Duration Now() const;

  // For the classes of this folder.
  asio::io_context& io_context() const;
  // Likewise, on the loop's thread and outside its tasks: runs what waited for a socket, and then
  // what was posted meanwhile, before the kernel is asked for events again.
  void Handle(absl::FunctionRef<void()> handler) const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
  const Executor executor_;
  std::thread thread_;
};

// The loops of one program, one for each core that the process may use unless told otherwise.
class EventLoopGroup {
 public:
  // 0: as many as the process may use cores.
  explicit EventLoopGroup(int loops);

  size_t size() const { return loops_.size(); }
  EventLoop& loop(size_t index) const { return *loops_[index]; }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
};

}  // namespace restante::net

#endif  // RESTANTE_COMMON_NET_EVENT_LOOP_H_
