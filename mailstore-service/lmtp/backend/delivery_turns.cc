#include "mailstore-service/lmtp/backend/delivery_turns.h"

#include <algorithm>
#include <utility>

namespace restante::lmtp {

DeliveryTurns::Turn::Turn(DeliveryTurns* turns, std::string mailbox_id, OnTurn on_turn)
    : turns_(*turns), mailbox_id_(std::move(mailbox_id)), on_turn_(std::move(on_turn)) {
  turns_.Enter(this);
}

DeliveryTurns::Turn::~Turn() { turns_.Leave(this); }

void DeliveryTurns::Enter(Turn* turn) {
  MutexLock lock(&mutex_);
  Mailbox& mailbox = mailboxes_[turn->mailbox_id_];
  if (mailbox.under_way < at_a_time_) {
    ++mailbox.under_way;
    turn->came_at_once_ = true;
    turn->began_ = clock_.MonotonicNow();
    return;
  }
  turn->waits_ = true;
  turn->place_ = mailbox.waiting.insert(mailbox.waiting.end(), turn);
  waiting_.Add(1);
}

void DeliveryTurns::Leave(Turn* turn) {
  Turn::OnTurn on_turn;
  absl::Duration pause;
  {
    MutexLock lock(&mutex_);
    auto found = mailboxes_.find(turn->mailbox_id_);
    Mailbox& mailbox = found->second;
    if (turn->waits_) {
      waiting_.Add(-1);
      mailbox.waiting.erase(turn->place_);
      return;
    }
    if (mailbox.waiting.empty()) {
      if (--mailbox.under_way == 0) mailboxes_.erase(found);
      return;
    }
    waiting_.Add(-1);
    Turn& next = *mailbox.waiting.front();
    mailbox.waiting.pop_front();
    next.waits_ = false;
    const absl::Duration now = clock_.MonotonicNow();
    pause = std::clamp(now - turn->began_, absl::ZeroDuration(), kLongestPause);
    next.began_ = now + pause;
    on_turn = std::move(next.on_turn_);
  }
  std::move(on_turn)(pause);
}

}  // namespace restante::lmtp
