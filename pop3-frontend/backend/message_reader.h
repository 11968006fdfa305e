#ifndef RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_READER_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/call_counter.h"
#include "common/rpc/call_options.h"
#include "common/rpc/timer.h"
#include "pop3-frontend/backend/maildrop_backend.h"
#include "pop3-frontend/backend/message_stream.h"
#include "pop3-frontend/backend/store_link.h"

namespace restante::pop3 {

// Reads messages of one maildrop piece by piece, goes on at the octet reached when the call breaks,
// and keeps a call open for the messages that are likely to be asked for next. Used on the
// executor's thread alone; held by a shared_ptr, because answers hold weak ones.
class MessageReader : public std::enable_shared_from_this<MessageReader> {
 public:
  struct Wanted {
    uint64_t message_id = 0;
    std::optional<int32_t> top_lines;
  };

  // `ahead_octets`: how much of messages that were not asked for yet may be held. `counter`
  // outlives the reader.
  MessageReader(std::shared_ptr<StoreLink> store, mailstore::v1::Lease lease, int64_t ahead_octets,
                rpc::CallOptions options, net::Executor executor, rpc::CallCounter* counter);
  ~MessageReader();

  // Whether `wanted` comes next in the call that is open: Resume reads it without a new one.
  bool IsNext(const Wanted& wanted) const;

  // The first piece of the first of `wanted`; the others are read ahead in the same call. Not
  // empty.
  void Start(std::vector<Wanted> wanted, Maildrop::ChunkDone done);
  // The first piece of the next message; IsNext must be true.
  void Resume(Maildrop::ChunkDone done);
  // The next piece of the same message.
  void More(Maildrop::ChunkDone done);

 private:
  void Await(Maildrop::ChunkDone done);
  void Call();
  void Fetch();
  void WatchForStall();
  void Pump();
  void Take(mailstore::v1::MessageChunk* chunk);
  void OnAnswer(uint64_t call, absl::StatusOr<MessageStream::Answer> answer);
  void OnBroken(absl::Status status);
  void OnStall();
  void Deliver(absl::StatusOr<BodyChunk> chunk);
  void Drop();

  // A task for gRPC's timers that runs the member on the executor, unless another call has begun or
  // the reader is gone by then.
  net::Task Later(void (MessageReader::*member)());

  const std::shared_ptr<StoreLink> store_;
  const mailstore::v1::Lease lease_;
  const int64_t ahead_octets_;
  const rpc::CallOptions options_;
  const net::Executor executor_;
  rpc::CallCounter* const counter_;

  std::vector<Wanted> wanted_;
  size_t current_ = 0;        // of wanted_, being read
  size_t first_in_call_ = 0;  // of wanted_, the open call's read_index 0
  int64_t offset_ = 0;        // octets of the current one delivered
  bool finished_ = true;      // the current one was read to its end or has failed

  std::unique_ptr<MessageStream> stream_;
  uint64_t call_ = 0;  // counts calls: tells a late answer from one that is waited for
  MessageStream::Answer answer_;
  int next_chunk_ = 0;
  Maildrop::ChunkDone done_;
  gpr_timespec deadline_{};  // for what done_ waits for
  std::unique_ptr<rpc::Timeout> stall_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_READER_H_
