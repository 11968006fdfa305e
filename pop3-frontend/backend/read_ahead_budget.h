#ifndef RESTANTE_POP3_FRONTEND_BACKEND_READ_AHEAD_BUDGET_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_READ_AHEAD_BUDGET_H_

#include <atomic>
#include <cstdint>

namespace restante::pop3 {

// How many octets all sessions may have fetched ahead of their clients. Thread-safe.
class ReadAheadBudget {
 public:
  explicit ReadAheadBudget(int64_t octets) : free_octets_(octets) {}

  // Takes `octets` when so many are free.
  [[nodiscard]] bool TryTake(int64_t octets) {
    int64_t free = free_octets_.load(std::memory_order_relaxed);
    while (free >= octets) {
      if (free_octets_.compare_exchange_weak(free, free - octets)) return true;
    }
    return false;
  }

  void GiveBack(int64_t octets) { free_octets_.fetch_add(octets); }

 private:
  std::atomic<int64_t> free_octets_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_READ_AHEAD_BUDGET_H_
