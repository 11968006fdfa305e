#ifndef RESTANTE_COMMON_APP_SHUTDOWN_SIGNALS_H_
#define RESTANTE_COMMON_APP_SHUTDOWN_SIGNALS_H_

namespace restante::app {

enum class Signal {
  kTerminate,  // SIGTERM or SIGINT: drain and exit
  kReload,     // SIGHUP
};

// Receives SIGTERM, SIGINT and SIGHUP by signalfd, so that no code of ours runs in a signal
// handler; SIGPIPE is ignored. Create one as the first thing in main, before any thread exists:
// threads inherit the blocked signals. One a process.
class ShutdownSignals {
 public:
  ShutdownSignals();
  ~ShutdownSignals();
  ShutdownSignals(const ShutdownSignals&) = delete;
  ShutdownSignals& operator=(const ShutdownSignals&) = delete;

  // Returns the next signal; blocks until there is one or Interrupt is called, which gives
  // kTerminate. One thread at a time, usually main's.
  Signal Wait();

  // Ends the current or next Wait as SIGTERM would. For a program that must stop because of an
  // error of its own. Thread-safe.
  void Interrupt();

 private:
  int signal_fd_;
  int interrupt_fd_;
};

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_SHUTDOWN_SIGNALS_H_
