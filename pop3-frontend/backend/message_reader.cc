#include "pop3-frontend/backend/message_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "common/base/check.h"
#include "common/rpc/status.h"

namespace restante::pop3 {

MessageReader::MessageReader(std::shared_ptr<StoreLink> store, mailstore::v1::Lease lease,
                             int64_t ahead_octets, rpc::CallOptions options, net::Executor executor,
                             rpc::CallCounter* counter)
    : store_(std::move(store)),
      lease_(std::move(lease)),
      ahead_octets_(ahead_octets),
      options_(options),
      executor_(std::move(executor)),
      counter_(counter) {}

MessageReader::~MessageReader() = default;

net::Task MessageReader::Later(void (MessageReader::*member)()) {
  return [weak = weak_from_this(), executor = executor_, call = call_, member,
          ticket = counter_->Enter()] {
    if (!ticket) return;
    executor([weak, call, member] {
      auto self = weak.lock();
      if (self != nullptr && self->call_ == call) (self.get()->*member)();
    });
  };
}

bool MessageReader::IsNext(const Wanted& wanted) const {
  if (stream_ == nullptr || !finished_ || current_ + 1 >= wanted_.size()) return false;
  const Wanted& next = wanted_[current_ + 1];
  return next.message_id == wanted.message_id && next.top_lines == wanted.top_lines;
}

void MessageReader::Start(std::vector<Wanted> wanted, Maildrop::ChunkDone done) {
  RESTANTE_CHECK(!wanted.empty());
  Drop();
  wanted_ = std::move(wanted);
  current_ = 0;
  offset_ = 0;
  finished_ = false;
  Await(std::move(done));
  Call();
}

void MessageReader::Resume(Maildrop::ChunkDone done) {
  ++current_;
  offset_ = 0;
  finished_ = false;
  Await(std::move(done));
  Pump();
}

void MessageReader::More(Maildrop::ChunkDone done) {
  RESTANTE_CHECK(!finished_);
  Await(std::move(done));
  if (stream_ == nullptr) return Call();
  Pump();
}

void MessageReader::Await(Maildrop::ChunkDone done) {
  done_ = std::move(done);
  deadline_ = rpc::DeadlineAfter(options_.deadline);
}

void MessageReader::Drop() {
  ++call_;
  stream_.reset();
  answer_.reset();
  stall_.reset();
  done_ = nullptr;
}

void MessageReader::Call() {
  ++call_;
  stall_.reset();
  mailstore::v1::ReadMessagesRequest request;
  *request.mutable_lease() = lease_;
  request.set_packed_octets(ahead_octets_);
  for (size_t i = current_; i < wanted_.size(); ++i) {
    mailstore::v1::MessageRead* read = request.add_reads();
    read->set_message_id(wanted_[i].message_id);
    if (i == current_) read->set_offset_octets(offset_);
    if (wanted_[i].top_lines) read->set_top_lines(*wanted_[i].top_lines);
  }
  first_in_call_ = current_;
  stream_ = MessageStream::Start(store_, std::move(request), counter_,
                                 [weak = weak_from_this(), executor = executor_,
                                  call = call_](absl::StatusOr<MessageStream::Answer> answer) {
                                   executor([weak, call, answer = std::move(answer)]() mutable {
                                     if (auto self = weak.lock())
                                       self->OnAnswer(call, std::move(answer));
                                   });
                                 });
  if (stream_ == nullptr) return Deliver(absl::CancelledError("shutting down"));
  Fetch();
}

void MessageReader::Fetch() {
  // A drained call that hangs harms nobody; one that a client waits for must not.
  if (done_) WatchForStall();
  stream_->Fetch();
}

// One timer for many pieces: setting and cancelling one costs gRPC's threads more than a piece.
void MessageReader::WatchForStall() {
  if (stall_ != nullptr) return;
  stall_ = std::make_unique<rpc::Timeout>(rpc::TimeLeft(deadline_), Later(&MessageReader::OnStall));
}

void MessageReader::Pump() {
  if (answer_ != nullptr && next_chunk_ < answer_->chunks_size()) {
    return Take(answer_->mutable_chunks(next_chunk_++));
  }
  answer_.reset();
  Fetch();
}

void MessageReader::Take(mailstore::v1::MessageChunk* chunk) {
  if (chunk->read_index() < 0 ||
      static_cast<size_t>(chunk->read_index()) + first_in_call_ != current_) {
    return OnBroken(absl::InternalError("the store answered out of order"));
  }
  finished_ = chunk->end() || chunk->has_error();
  absl::StatusOr<BodyChunk> piece = BodyChunk{std::move(*chunk->mutable_data()), chunk->end()};
  if (chunk->has_error()) piece = rpc::FromProto(chunk->error());
  if (piece.ok()) offset_ += static_cast<int64_t>(piece->text.size());
  Deliver(std::move(piece));
  // The store's last word, so that its call ends well instead of being cancelled.
  bool last = finished_ && current_ + 1 == wanted_.size();
  if (last) Fetch();
}

void MessageReader::OnAnswer(uint64_t call, absl::StatusOr<MessageStream::Answer> answer) {
  if (call != call_) return;
  if (!answer.ok()) {
    stream_.reset();
    if (done_) OnBroken(answer.status());
    return;
  }
  answer_ = *std::move(answer);
  next_chunk_ = 0;
  if (done_) Pump();
}

void MessageReader::OnBroken(absl::Status status) {
  ++call_;
  stream_.reset();
  answer_.reset();
  if (absl::IsUnavailable(status) && options_.retry_delay < rpc::TimeLeft(deadline_)) {
    return rpc::RunAfter(options_.retry_delay, Later(&MessageReader::Call));
  }
  if (absl::IsOutOfRange(status)) status = absl::InternalError("the store ended in mid-message");
  finished_ = true;
  Deliver(std::move(status));
}

void MessageReader::OnStall() {
  stall_.reset();
  if (!done_) return;
  // It was set for an earlier piece.
  if (rpc::TimeLeft(deadline_) > absl::ZeroDuration()) return WatchForStall();
  OnBroken(absl::DeadlineExceededError("the store gave no text in time"));
}

void MessageReader::Deliver(absl::StatusOr<BodyChunk> chunk) {
  executor_([weak = weak_from_this(), done = std::exchange(done_, nullptr),
             chunk = std::move(chunk)]() mutable {
    if (weak.lock() != nullptr) std::move(done)(std::move(chunk));
  });
}

}  // namespace restante::pop3
