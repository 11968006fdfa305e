#include "pop3-frontend/io/unread_tally.h"

namespace restante::pop3 {

std::shared_ptr<UnreadTally::Octets> UnreadTally::Of(const std::string& source) {
  MutexLock lock(&mutex_);
  std::weak_ptr<Octets>& known = by_source_[source];
  std::shared_ptr<Octets> octets = known.lock();
  if (octets == nullptr) {
    octets = std::shared_ptr<Octets>(new Octets(0), [this, source](Octets* last) {
      delete last;
      Forget(source);
    });
    known = octets;
  }
  return octets;
}

void UnreadTally::Forget(const std::string& source) {
  MutexLock lock(&mutex_);
  auto found = by_source_.find(source);
  // Another client of the source may have come meanwhile.
  if (found != by_source_.end() && found->second.expired()) by_source_.erase(found);
}

}  // namespace restante::pop3
