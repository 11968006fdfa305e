#ifndef RESTANTE_AUTH_SERVICE_LOGON_THROTTLE_H_
#define RESTANTE_AUTH_SERVICE_LOGON_THROTTLE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/logon/ip_address.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace restante::logon {

// Slows guessing down and never locks anyone out: a failure is answered late, and a failure
// elsewhere delays nobody here. Two budgets are kept, one for a name from a network (/24 or /64)
// and one for a source address; the emptier one decides. Whether the name exists makes no
// difference.
//
//   budget           free failures   one is forgiven every
//   name + network    3              30 s
//   source           20              10 s
//
// Within the budget a failure is answered after 500 ms; beyond it the delay doubles with each, up
// to 15 s. A right password is told at once, but not before what failed beyond a budget of its own:
// who tries many at a time, and waits for none, would else know the right one by its quick answer.
// Thread-safe.
class Throttle {
 public:
  static constexpr absl::Duration kLeastDelay = absl::Milliseconds(500);
  static constexpr absl::Duration kMostDelay = absl::Seconds(15);
  // For each budget; beyond it, what failed longest ago is forgotten. Under 20 MiB in all.
  static constexpr size_t kMaxEntries = 100'000;

  // `clock` outlives this.
  explicit Throttle(const Clock& clock);

  // Counts a failure and gives the time after which it is to be answered. `user` is the user part
  // of the claimed name, empty when none was read.
  absl::Duration OnFailure(absl::string_view user, const IpAddress& source);

  // The time after which a right password is to be told.
  absl::Duration Pending(absl::string_view user, const IpAddress& source) const;

  // How failures are slowed now; changes nothing.
  struct Slowing {
    uint32_t name_failures = 0;  // of the name on this network, not forgiven yet; at most 64
    uint32_t source_failures = 0;
    absl::Duration next_delay;  // of one more failure
  };
  Slowing SlowingOf(absl::string_view user, const IpAddress& source) const;

  // Clears the name's budget on this network, and half of what the source has used. Gives the time
  // after which the success is to be told.
  absl::Duration OnSuccess(absl::string_view user, const IpAddress& source);

 private:
  // Failures by key, forgiven over time. Keys are short and of fixed size.
  class Budget {
   public:
    Budget(uint32_t free_failures, absl::Duration forgiven_every)
        : free_failures_(free_failures), forgiven_every_(forgiven_every) {}

    absl::Duration OnFailure(const std::string& key, absl::Duration now);
    uint32_t FailuresOf(const std::string& key, absl::Duration now) const;
    // Of an answer to the last of so many failures.
    absl::Duration DelayOf(uint32_t failures) const;
    // Until the last failure beyond the budget is answered.
    absl::Duration Pending(const std::string& key, absl::Duration now) const;
    void Clear(const std::string& key, absl::Duration now);
    void Halve(const std::string& key, absl::Duration now);

   private:
    struct Entry {
      std::string key;
      uint32_t failures = 0;
      absl::Duration counted_until;   // forgiveness has been granted up to here
      absl::Duration answered_until;  // the last failure beyond the budget is answered then
    };
    using Entries = std::list<Entry>;

    void Forgive(Entry* entry, absl::Duration now) const;

    const uint32_t free_failures_;
    const absl::Duration forgiven_every_;
    Entries entries_;  // latest failure first
    std::unordered_map<std::string, Entries::iterator> by_key_;
  };

  const Clock& clock_;
  mutable Mutex mutex_;
  Budget names_ ABSL_GUARDED_BY(mutex_);
  Budget sources_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_THROTTLE_H_
