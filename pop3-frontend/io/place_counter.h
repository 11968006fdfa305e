#ifndef RESTANTE_POP3_FRONTEND_IO_PLACE_COUNTER_H_
#define RESTANTE_POP3_FRONTEND_IO_PLACE_COUNTER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"

namespace restante::pop3 {

// Counts who takes places of a limited kind: in all, and by the source that takes them. Remembers
// no source that has none. Thread-safe; outlives every place.
class PlaceCounter {
 public:
  // A place that is taken, until it is destroyed.
  class Place {
   public:
    Place(PlaceCounter* counter, std::string source)
        : counter_(counter), source_(std::move(source)) {}
    Place(Place&& other) noexcept
        : counter_(std::exchange(other.counter_, nullptr)), source_(std::move(other.source_)) {}
    Place& operator=(Place&& other) = delete;
    ~Place() {
      if (counter_ != nullptr) counter_->GiveBack(source_);
    }

   private:
    PlaceCounter* counter_;
    std::string source_;
  };

  // Which limit refused.
  enum class Full { kAll, kSource };

  // `source` as net::SourceNetwork makes it.
  std::variant<Place, Full> Take(std::string source, int max_all, int max_per_source);

 private:
  void GiveBack(const std::string& source);

  Mutex mutex_;
  int all_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, int> by_source_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_PLACE_COUNTER_H_
