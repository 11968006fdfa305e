#include "mailstore-service/lmtp/backend/delivery_turns.h"

#include <utility>

namespace restante::lmtp {

DeliveryTurns::Turn::Turn(DeliveryTurns* turns, std::string mailbox_id, net::Task on_turn)
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
    return;
  }
  turn->waits_ = true;
  turn->place_ = mailbox.waiting.insert(mailbox.waiting.end(), turn);
  waiting_.Add(1);
}

void DeliveryTurns::Leave(Turn* turn) {
  net::Task on_turn;
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
    on_turn = std::move(next.on_turn_);
  }
  std::move(on_turn)();
}

}  // namespace restante::lmtp
