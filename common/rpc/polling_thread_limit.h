#ifndef RESTANTE_COMMON_RPC_POLLING_THREAD_LIMIT_H_
#define RESTANTE_COMMON_RPC_POLLING_THREAD_LIMIT_H_

#include <memory>

namespace restante::rpc {

// gRPC has one set of threads for the callbacks of all channels and servers of a process: half as
// many as the machine has processors, and two at the least. One of them waits for sockets; at each
// event it wakes another to wait on, and handles the event itself. That second wake-up costs more
// than most events do. While this exists, all but a few of those threads are kept from taking part:
// one is left for each four processors that the process may use, and one at the least. So what a
// callback does holds up the others more than ever, and must neither wait nor compute for long.
//
// One for a process, made before its servers and channels, which may also outlive it.
class PollingThreadLimit {
 public:
  PollingThreadLimit();
  ~PollingThreadLimit();
  PollingThreadLimit(const PollingThreadLimit&) = delete;
  PollingThreadLimit& operator=(const PollingThreadLimit&) = delete;

  // How many threads are kept. 0 also where gRPC turns out to have fewer of them than it is known
  // for.
  int kept() const;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_POLLING_THREAD_LIMIT_H_
