#include "pop3-frontend/io/place_counter.h"

namespace restante::pop3 {

std::variant<PlaceCounter::Place, PlaceCounter::Full> PlaceCounter::Take(std::string source,
                                                                         int max_all,
                                                                         int max_per_source) {
  MutexLock lock(&mutex_);
  if (all_ >= max_all) return Full::kAll;
  auto found = by_source_.find(source);
  if (found != by_source_.end() && found->second >= max_per_source) return Full::kSource;
  ++all_;
  ++by_source_[source];
  return Place(this, std::move(source));
}

void PlaceCounter::GiveBack(const std::string& source) {
  MutexLock lock(&mutex_);
  --all_;
  auto found = by_source_.find(source);
  if (--found->second == 0) by_source_.erase(found);
}

}  // namespace restante::pop3
