#ifndef RESTANTE_POP3_FRONTEND_IO_UNREAD_TALLY_H_
#define RESTANTE_POP3_FRONTEND_IO_UNREAD_TALLY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"

namespace restante::pop3 {

// Octets that were sent and not read yet: of all clients, and of those of one source. Remembers no
// source that has no client. Thread-safe; outlives what it gives out.
class UnreadTally {
 public:
  using Octets = std::atomic<int64_t>;

  Octets& all() { return all_; }
  // The one number of all clients of `source`, which is as net::SourceNetwork makes it.
  std::shared_ptr<Octets> Of(const std::string& source);

 private:
  void Forget(const std::string& source);

  Octets all_ = 0;
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::weak_ptr<Octets>> by_source_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_UNREAD_TALLY_H_
