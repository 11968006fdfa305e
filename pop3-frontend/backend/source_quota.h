#ifndef RESTANTE_POP3_FRONTEND_BACKEND_SOURCE_QUOTA_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_SOURCE_QUOTA_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"

namespace restante::pop3 {

// How much of something limited is taken: in all, and by the source that takes it, so that one
// address cannot take everything. Remembers no source that has nothing. Thread-safe; outlives every
// share.
class SourceQuota {
 public:
  // An amount that is taken, until it is destroyed.
  class Share {
   public:
    Share(SourceQuota* quota, std::string source, int64_t amount)
        : quota_(quota), source_(std::move(source)), amount_(amount) {}
    Share(Share&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)),
          source_(std::move(other.source_)),
          amount_(other.amount_) {}
    Share& operator=(Share&& other) = delete;
    ~Share() {
      if (quota_ != nullptr) quota_->GiveBack(source_, amount_);
    }

   private:
    SourceQuota* quota_;
    std::string source_;
    int64_t amount_;
  };

  struct Most {
    int64_t all;
    int64_t per_source;
  };

  // Which limit refused.
  enum class Full { kAll, kSource };

  // `source` as net::SourceNetwork makes it; `amount` is positive.
  std::variant<Share, Full> Take(std::string source, int64_t amount, Most most);

 private:
  void GiveBack(const std::string& source, int64_t amount);

  Mutex mutex_;
  int64_t all_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, int64_t> by_source_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_SOURCE_QUOTA_H_
