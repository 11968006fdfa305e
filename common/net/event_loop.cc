#include "common/net/event_loop.h"

#include <signal.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/base/usable_processors.h"

namespace restante::net {
namespace {

// Then sockets and timers have their turn.
constexpr int kRoundsPerTurn = 8;

void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

struct Timer::State {
  explicit State(asio::io_context* io) : timer(*io) {}
  asio::steady_timer timer;
  Task task;  // empty once it ran or was cancelled
};

Timer& Timer::operator=(Timer&& other) noexcept {
  Cancel();
  state_ = std::move(other.state_);
  return *this;
}

void Timer::Cancel() {
  if (state_ == nullptr) return;
  state_->task = nullptr;
  try {
    state_->timer.cancel();
  } catch (const std::system_error&) {
    // Only declared: nothing fails when the operating system has no part in a timer.
  }
  state_.reset();
}

struct EventLoop::State {
  // One thread runs it; posting from others stays safe.
  std::unique_ptr<asio::io_context> io = std::make_unique<asio::io_context>(1);
  Mutex mutex;
  std::vector<Task> waiting ABSL_GUARDED_BY(mutex);
  bool turn_is_due ABSL_GUARDED_BY(mutex) = false;  // RunTurn will look at waiting once more
  bool ended ABSL_GUARDED_BY(mutex) = false;

  void Post(Task task) {
    MutexLock lock(&mutex);
    if (ended) return;
    waiting.push_back(std::move(task));
    if (!std::exchange(turn_is_due, true)) PostTurn();
  }

  void Handle(absl::FunctionRef<void()> handler) {
    {
      MutexLock lock(&mutex);
      // What the handler posts needs no turn of its own. Where one is due anyway, it will find
      // nothing to do.
      turn_is_due = true;
    }
    handler();
    RunTurn();
  }

  // asio asks the kernel for events before each handler of its own: a message that takes five steps
  // would cost five system calls, so tasks come several to a handler.
  void PostTurn() {
    asio::post(*io, [this] { RunTurn(); });
  }

  void RunTurn() {
    for (int round = 0; round < kRoundsPerTurn; ++round) {
      std::vector<Task> tasks;
      {
        MutexLock lock(&mutex);
        tasks.swap(waiting);
        if (tasks.empty()) {
          turn_is_due = false;
          return;
        }
      }
      for (Task& task : tasks) {
        if (io->stopped()) return;
        std::exchange(task, nullptr)();
      }
    }
    PostTurn();
  }
};

EventLoop::EventLoop()
    : state_(std::make_shared<State>()),
      executor_([state = state_](Task task) { state->Post(std::move(task)); }),
      thread_([io = &*state_->io] {
        BlockSignals();
        auto stay = asio::make_work_guard(*io);
        io->run();
      }) {}

EventLoop::~EventLoop() {
  std::vector<Task> never_begun;
  {
    MutexLock lock(&state_->mutex);
    state_->ended = true;
    never_begun.swap(state_->waiting);
  }
  state_->io->stop();
  thread_.join();
  // Outside the mutex: the tasks that go may post more.
  never_begun.clear();
  state_->io.reset();
}

Timer EventLoop::After(absl::Duration delay, Task task) {
  auto state = std::make_shared<Timer::State>(&io_context());
  state->task = std::move(task);
  state->timer.expires_after(absl::ToChronoNanoseconds(delay));
  state->timer.async_wait([state](const std::error_code&) {
    Task due = std::exchange(state->task, nullptr);
    if (due) std::move(due)();
  });
  return Timer(std::move(state));
}

absl::Duration EventLoop::Now() const {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

void EventLoop::Handle(absl::FunctionRef<void()> handler) const { state_->Handle(handler); }

asio::io_context& EventLoop::io_context() const { return *state_->io; }

EventLoopGroup::EventLoopGroup(int loops) {
  int count = loops > 0 ? loops : UsableProcessors();
  for (int i = 0; i < count; ++i) loops_.push_back(std::make_unique<EventLoop>());
}

}  // namespace restante::net
