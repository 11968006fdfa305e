#include "common/app/shutdown_signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

#include "common/base/check.h"

namespace restante::app {
namespace {

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

ShutdownSignals::ShutdownSignals() {
  const sigset_t signals = HandledSignals();
  RESTANTE_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  // A peer that is gone shows as EPIPE where the write is.
  signal(SIGPIPE, SIG_IGN);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  interrupt_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  RESTANTE_CHECK(signal_fd_ >= 0 && interrupt_fd_ >= 0);
}

ShutdownSignals::~ShutdownSignals() {
  close(signal_fd_);
  close(interrupt_fd_);
}

Signal ShutdownSignals::Wait() {
  while (true) {
    pollfd descriptors[] = {{signal_fd_, POLLIN, 0}, {interrupt_fd_, POLLIN, 0}};
    if (poll(descriptors, 2, -1) < 0) {
      RESTANTE_CHECK(errno == EINTR);
      continue;
    }
    uint64_t count = 0;
    if (read(interrupt_fd_, &count, sizeof(count)) == sizeof(count)) return Signal::kTerminate;
    signalfd_siginfo received;
    if (read(signal_fd_, &received, sizeof(received)) != sizeof(received)) continue;
    return received.ssi_signo == SIGHUP ? Signal::kReload : Signal::kTerminate;
  }
}

void ShutdownSignals::Interrupt() {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then Wait has enough to wake for.
  [[maybe_unused]] const ssize_t written = write(interrupt_fd_, &one, sizeof(one));
}

}  // namespace restante::app
