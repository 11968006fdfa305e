#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_MEMORY_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_MEMORY_H_

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth-service/directory/journal.h"

namespace restante::directory {

// The writes of the last day that carried a request id, so that a repeat gives the first answer.
// By calendar time, since it outlives the process. Thread-compatible.
class RequestMemory {
 public:
  static constexpr absl::Duration kKept = absl::Hours(24);
  static constexpr size_t kMaxRequests = 1'000'000;

  // `requests` in any order.
  explicit RequestMemory(std::vector<RememberedRequest> requests);

  // The answer given before, or nullptr when this is no repeat. INVALID_ARGUMENT/FIELD_INVALID when
  // `request_id` is malformed or stood for another write; RESOURCE_EXHAUSTED/LIMIT_EXCEEDED when
  // another id cannot be remembered. An empty id is no repeat. Lives until the next change.
  absl::StatusOr<const RememberedRequest*> FindRepeat(const std::string& request_id,
                                                      const std::string& fingerprint,
                                                      absl::Time now) const;

  // Ids, oldest first and a few at a time, that a write at `now` should forget.
  std::vector<std::string> Outdated(absl::Time now) const;

  // What a change that became durable says about requests.
  void Apply(const DirectoryChange& change);

 private:
  std::unordered_map<std::string, RememberedRequest> requests_;
  std::deque<std::string> by_age_;  // ids, oldest first
};

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_MEMORY_H_
