#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MESSAGE_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MESSAGE_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/rpc/service_metrics.h"
#include "mailstore-service/rpc/tenant_pace.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/maildrop_service.pb.h"

namespace restante::mailstore {

// What a MessageStream needs. Everything outlives it.
struct MessageStreamParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  TenantPace& pace;
  const ServiceMetrics& metrics;
  const log::Logger& logger;
};

// One ReadMessages call. Each answer is filled by a worker and holds at most 128 KiB of small
// messages; the next is filled when the client has taken it, so that a slow client costs one answer
// of memory, and after the pause that its mailbox owes to others. Owns itself, as gRPC's reactors
// do, and goes with the call; what it keeps is touched by one thread at a time.
class MessageStream : public grpc::ServerWriteReactor<v1::ReadMessagesResponse> {
 public:
  // `context` lives as long as the call.
  static MessageStream* Begin(MessageStreamParts parts, grpc::CallbackServerContext* context,
                              const v1::ReadMessagesRequest& request, const std::string& frontend);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  MessageStream(MessageStreamParts parts, grpc::CallbackServerContext* context)
      : parts_(parts), context_(context) {}

  absl::Status Take(const v1::ReadMessagesRequest& request, const std::string& frontend);
  // Fills an answer once the mailbox's pause is over.
  void FillInTurn();
  void PostFill();
  void Fill();
  // Fills the answer until it is full or all is read; an error ends the whole call.
  absl::Status FillAnswer();
  bool AllRead() const { return next_read_ == reads_.size() && piece_.empty(); }
  // The next piece of the read under way into piece_; its end or its own error into the answer.
  absl::Status ReadPiece();
  // Ends the read under way.
  void EndRead(const absl::Status& status);
  v1::MessageChunk* AddChunk();

  const MessageStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  Lease lease_;
  std::vector<MessageRead> reads_;
  size_t packed_octets_ = 0;  // of the answer to come
  size_t max_packed_octets_ = 0;
  size_t next_read_ = 0;  // the one under way, when there is a reader
  std::unique_ptr<MessageReader> reader_;
  std::string piece_;  // read, and without room in the last answer
  v1::ReadMessagesResponse answer_;
  size_t answer_octets_ = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MESSAGE_STREAM_H_
