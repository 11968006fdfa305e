#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_TURNS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_TURNS_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/metrics/metrics.h"

namespace restante::lmtp {

// Lets few deliveries to one mailbox be under way at a time, so that a flood to one does not fill
// the queues of auth and the mailstores, behind which everybody waits. Here nobody waits but who
// delivers to the same mailbox, in the order in which they came, and with a pause as long as the
// last delivery took: half of the time is the other mailboxes'. Thread-safe; outlives every Turn.
class DeliveryTurns {
 public:
  // A store that was away is not paused for.
  static constexpr absl::Duration kLongestPause = absl::Milliseconds(10);

  // `at_a_time`, of one mailbox: 1 or more. `waiting` is how many wait, of all mailboxes.
  DeliveryTurns(size_t at_a_time, metrics::Gauge waiting, const Clock& clock)
      : at_a_time_(at_a_time), waiting_(waiting), clock_(clock) {}
  DeliveryTurns(const DeliveryTurns&) = delete;
  DeliveryTurns& operator=(const DeliveryTurns&) = delete;

  // A delivery's place. Destroying it gives the place up, waited for or held.
  class Turn {
   public:
    // To begin after `pause`.
    using OnTurn = absl::AnyInvocable<void(absl::Duration pause) &&>;

    // `on_turn` runs if the turn does not come at once: when another gives it up, on its thread.
    // It may run once while the Turn is being destroyed.
    Turn(DeliveryTurns* turns, std::string mailbox_id, OnTurn on_turn);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Whether it came at once.
    bool came_at_once() const { return came_at_once_; }

   private:
    friend class DeliveryTurns;
    DeliveryTurns& turns_;
    const std::string mailbox_id_;
    OnTurn on_turn_;                    // null once it was taken to be run
    std::list<Turn*>::iterator place_;  // in the mailbox's waiting, while it waits
    absl::Duration began_;              // on the monotonic clock, once it does not wait
    bool waits_ = false;                // guarded by turns_.mutex_
    bool came_at_once_ = false;
  };

 private:
  struct Mailbox {
    size_t under_way = 0;
    std::list<Turn*> waiting;
  };

  void Enter(Turn* turn);
  void Leave(Turn* turn);

  const size_t at_a_time_;
  const metrics::Gauge waiting_;
  const Clock& clock_;
  Mutex mutex_;
  // Those with deliveries.
  absl::flat_hash_map<std::string, Mailbox> mailboxes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_TURNS_H_
