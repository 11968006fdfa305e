#include "auth-service/directory/request_memory.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"

namespace restante::directory {
namespace {

// More than one a write, so that the table shrinks; few enough that no write is slow.
constexpr size_t kMaxForgottenPerWrite = 16;

}  // namespace

RequestMemory::RequestMemory(std::vector<RememberedRequest> requests) {
  std::stable_sort(
      requests.begin(), requests.end(),
      [](const RememberedRequest& a, const RememberedRequest& b) { return a.time < b.time; });
  for (RememberedRequest& request : requests) {
    by_age_.push_back(request.request_id);
    const std::string id = request.request_id;
    requests_.emplace(id, std::move(request));
  }
}

absl::StatusOr<const RememberedRequest*> RequestMemory::FindRepeat(const std::string& request_id,
                                                                   const std::string& fingerprint,
                                                                   absl::Time now) const {
  if (request_id.empty()) return nullptr;
  if (!IsId(request_id)) {
    return InvalidField("request_id", "must be 32 lower-case hexadecimal digits");
  }
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) {
    if (requests_.size() < kMaxRequests) return nullptr;
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kLimitExceeded,
                     "too many writes with a request_id within a day; leave request_id out");
  }
  // An outdated one that is not yet forgotten is as good as gone.
  if (now - found->second.time >= kKept) return nullptr;
  if (found->second.fingerprint != fingerprint) {
    return InvalidField("request_id", "was used for another request");
  }
  return &found->second;
}

std::vector<std::string> RequestMemory::Outdated(absl::Time now) const {
  std::vector<std::string> ids;
  for (const std::string& id : by_age_) {
    if (ids.size() == kMaxForgottenPerWrite || now - requests_.at(id).time < kKept) break;
    ids.push_back(id);
  }
  return ids;
}

void RequestMemory::Apply(const DirectoryChange& change) {
  for (const std::string& id : change.forgotten_requests) {
    RESTANTE_CHECK(!by_age_.empty() && by_age_.front() == id);
    by_age_.pop_front();
    requests_.erase(id);
  }
  if (!change.request) return;
  const std::string& id = change.request->request_id;
  const auto [entry, is_new] = requests_.insert_or_assign(id, *change.request);
  // Used again after a day, before it was forgotten: it is the youngest now.
  if (!is_new) std::erase(by_age_, id);
  by_age_.push_back(entry->first);
}

}  // namespace restante::directory
