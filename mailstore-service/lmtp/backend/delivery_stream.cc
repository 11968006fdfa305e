#include "mailstore-service/lmtp/backend/delivery_stream.h"

#include <algorithm>
#include <utility>

#include "common/base/error_reason.h"
#include "common/crypto/digest.h"
#include "mailstore-service/lmtp/backend/delivery_outcomes.h"

namespace restante::lmtp {

using mailstore::v1::DeliverMessageRequest;
using mailstore::v1::DeliverMessageResponse;

namespace {

// DeliverMessageRequest: of one part.
constexpr size_t kMaxTextOctets = 262'144;

}  // namespace

DeliveryStream::DeliveryStream(const DeliveryCommons& commons,
                               std::shared_ptr<DeliveryCall::Stub> stub, Target target,
                               net::Executor executor, std::function<void()> on_progress)
    : commons_(commons),
      stub_(std::move(stub)),
      target_(std::move(target)),
      executor_(std::move(executor)),
      on_progress_(std::move(on_progress)) {}

void DeliveryStream::Write(std::shared_ptr<const std::string> piece) {
  if (outcomes_) return;
  text_octets_ += piece->size();
  unsent_octets_ += piece->size();
  pieces_.push_back(std::move(piece));
  repeatable_ = repeatable_ && text_octets_ <= commons_.repeatable_octets;
  if (begun_) return Pump();
  if (text_octets_ <= commons_.whole_octets) return;
  begun_ = true;
  ExtendDeadline();
  Call();
}

void DeliveryStream::Finish(int64_t size_octets, uint32_t crc32c, const std::string& fingerprint) {
  for (size_t i = 0; i < target_.mailbox_ids.size() && !fingerprint.empty(); ++i) {
    target_.delivery_ids[i] = Sha256(absl::StrCat(fingerprint, target_.mailbox_ids[i]));
  }
  if (outcomes_) return;
  finish_ = FinalPart{size_octets, crc32c};
  ExtendDeadline();
  if (begun_) return Pump();
  begun_ = true;
  TakeTurn();
}

void DeliveryStream::TakeTurn() {
  turn_ = std::make_unique<DeliveryTurns::Turn>(
      &commons_.turns, target_.mailbox_ids.front(),
      [call = Later(&DeliveryStream::Call)](absl::Duration pause) mutable {
        rpc::RunAfter(pause, std::move(call));
      });
  if (turn_->came_at_once()) Call();
}

void DeliveryStream::Call() {
  ++try_;
  header_written_ = writing_ = answer_due_ = false;
  next_piece_ = 0;
  unsent_octets_ = 0;
  for (const auto& piece : pieces_) unsent_octets_ += piece->size();
  auto answered = [weak = weak_from_this(), executor = executor_,
                   call = try_](absl::StatusOr<Response> answer) {
    executor([weak, call, answer = std::move(answer)]() mutable {
      auto self = weak.lock();
      if (self != nullptr && self->try_ == call) self->OnAnswer(std::move(answer));
    });
  };
  auto written = [executor = executor_, weak = weak_from_this(), call = try_] {
    executor([weak, call] {
      auto self = weak.lock();
      if (self != nullptr && self->try_ == call) self->OnWritten();
    });
  };
  call_ = DeliveryCall::Start(stub_, &commons_.counter, {std::move(written), std::move(answered)});
  if (call_ == nullptr) return Fail(absl::CancelledError("shutting down"));
  Pump();
}

void DeliveryStream::Pump() {
  if (outcomes_ || call_ == nullptr || writing_ || answer_due_) return;
  DeliverMessageRequest part;
  if (!header_written_ && finish_ && unsent_octets_ <= kMaxTextOctets) {
    AddHeader(part.mutable_whole()->mutable_header());
    AddText(part.mutable_whole()->mutable_text());
    AddFinish(part.mutable_whole()->mutable_finish());
  } else if (!header_written_) {
    AddHeader(part.mutable_header());
  } else if (next_piece_ < pieces_.size()) {
    AddText(part.mutable_text());
  } else if (finish_) {
    AddFinish(part.mutable_finish());
  } else {
    return;
  }
  header_written_ = true;
  const bool is_last = part.has_whole() || part.has_finish();
  (is_last ? answer_due_ : writing_) = true;
  call_->Write(std::move(part), is_last);
}

void DeliveryStream::AddHeader(mailstore::v1::DeliveryHeader* header) const {
  for (const std::string& id : target_.mailbox_ids) header->add_mailbox_ids(id);
}

void DeliveryStream::AddText(std::string* text) {
  while (next_piece_ < pieces_.size()) {
    const std::string& piece = *pieces_[next_piece_];
    if (text->size() + piece.size() > kMaxTextOctets) break;
    text->append(piece);
    unsent_octets_ -= piece.size();
    ++next_piece_;
  }
  // A repetition has what is left of the first try's time, and what is whole has had its own.
  if (!finish_ && next_piece_ > most_pieces_written_) ExtendDeadline();
  most_pieces_written_ = std::max(most_pieces_written_, next_piece_);
  if (!repeatable_) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(next_piece_));
    next_piece_ = most_pieces_written_ = 0;
  }
}

void DeliveryStream::AddFinish(mailstore::v1::DeliveryFinish* finish) const {
  finish->set_size_octets(finish_->size_octets);
  finish->set_crc32c(finish_->crc32c);
  for (const std::string& id : target_.delivery_ids) finish->add_delivery_ids(id);
}

void DeliveryStream::OnWritten() {
  writing_ = false;
  Pump();
  on_progress_();
}

void DeliveryStream::OnAnswer(absl::StatusOr<Response> answer) {
  call_.reset();
  if (!answer.ok()) return OnBroken(answer.status());
  if (!answer_due_) return Fail(absl::InternalError("the mailstore answered half a message"));
  absl::StatusOr<std::vector<DeliveryOutcome>> outcomes =
      ToOutcomes(*answer, target_.mailbox_ids.size());
  if (!outcomes.ok()) return Fail(outcomes.status());
  End(*std::move(outcomes));
}

void DeliveryStream::OnBroken(const absl::Status& status) {
  absl::Duration wished = GetRetryDelay(status).value_or(absl::ZeroDuration());
  absl::Duration delay = std::max(commons_.calls.retry_delay, wished);
  bool again = repeatable_ && MayRepeatDelivery(status) && delay < rpc::TimeLeft(deadline_);
  if (!again) return Fail(status);
  commons_.logger.Debug("delivery_repeated", {{"delivery_id", target_.delivery_id},
                                              {"placement", target_.placement},
                                              {"error", status.message()}});
  rpc::RunAfter(delay, Later(&DeliveryStream::Call));
}

void DeliveryStream::ExtendDeadline() {
  deadline_ = rpc::DeadlineAfter(commons_.calls.deadline);
  if (stall_check_ != nullptr) return;
  stall_check_ = std::make_unique<rpc::Timeout>(commons_.calls.deadline,
                                                [weak = weak_from_this(), executor = executor_] {
                                                  executor([weak] {
                                                    if (auto self = weak.lock())
                                                      self->OnStallCheck();
                                                  });
                                                });
}

void DeliveryStream::OnStallCheck() {
  stall_check_.reset();
  // Otherwise the client is slow, which is not the store's fault; the next part begins anew.
  if (!waits_for_store()) return;
  absl::Duration left = rpc::TimeLeft(deadline_);
  if (left <= absl::ZeroDuration()) {
    return Fail(absl::DeadlineExceededError(
        try_ == 0 ? "the other deliveries to the mailbox took all the time"
                  : "the mailstore did not answer in time"));
  }
  stall_check_ =
      std::make_unique<rpc::Timeout>(left, [weak = weak_from_this(), executor = executor_] {
        executor([weak] {
          if (auto self = weak.lock()) self->OnStallCheck();
        });
      });
}

void DeliveryStream::Fail(const absl::Status& status) {
  commons_.logger.Warn("delivery_failed", {{"delivery_id", target_.delivery_id},
                                           {"placement", target_.placement},
                                           {"mailboxes", target_.mailbox_ids.size()},
                                           {"reason", ErrorReasonName(GetErrorReason(status))},
                                           {"error", status.message()}});
  End(std::vector<DeliveryOutcome>(target_.mailbox_ids.size(), ToOutcome(status)));
}

void DeliveryStream::End(std::vector<DeliveryOutcome> outcomes) {
  ++try_;
  call_.reset();
  turn_.reset();
  stall_check_.reset();
  pieces_.clear();
  unsent_octets_ = 0;
  outcomes_ = std::move(outcomes);
  on_progress_();
}

net::Task DeliveryStream::Later(void (DeliveryStream::*member)()) {
  return [weak = weak_from_this(), executor = executor_, member, call = try_]() mutable {
    executor([weak = std::move(weak), member, call] {
      auto self = weak.lock();
      if (self != nullptr && self->try_ == call) (self.get()->*member)();
    });
  };
}

}  // namespace restante::lmtp
