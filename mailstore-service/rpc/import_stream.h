#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/audit/entry.h"
#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/message_transfer.pb.h"

namespace restante::mailstore {

// What an ImportStream needs. Everything outlives it.
struct ImportStreamParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  operations::Operations& operations;
  const Clock& clock;
  const log::Logger& logger;
};

// One ImportMessages call, and the operation that it carries. Each part goes to the store on a
// worker, then the next is asked for, so that a fast caller costs one part of memory. Owns itself,
// as gRPC's reactors do, and goes with the call: a message that was not whole then leaves nothing.
// What it keeps is touched by one thread at a time, and workers alone wait for a disk.
class ImportStream
    : public grpc::ServerBidiReactor<v1::ImportMessagesRequest, v1::ImportMessagesResponse> {
 public:
  // `caller` by certificate. `context` lives as long as the call.
  ImportStream(const ImportStreamParts& parts, grpc::CallbackServerContext* context,
               std::string caller);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  // Takes one part, and answers it when a message has ended with it.
  void Handle();
  // What the caller's last word means, when it has said `complete` or no more.
  absl::Status Completion(bool complete) const;
  // End, on a worker.
  void PostEnd(const absl::Status& status);
  // Ends the operation and the call.
  void End(const absl::Status& status);
  // Breaks the operation off and ends the call, without a worker.
  void BreakOff(const absl::Status& status);
  // Says in the log what came of it, and ends the call.
  void Close(const absl::Status& status);
  // Answers a message, or a first part with a request_id.
  void Answer();
  absl::Status Take();
  absl::Status TakeParent();
  absl::Status TakeBegin(const v1::ImportedMessage& message);
  absl::Status TakeText(const std::string& text);
  absl::Status TakeEnd(const v1::ImportedMessageEnd& end);
  void Count(const DeliveryResult& result, int64_t size_octets);

  const ImportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const audit::Author author_;
  std::string mailbox_id_;
  bool has_request_id_ = false;
  bool has_answered_ = false;
  std::unique_ptr<operations::Transfer> transfer_;  // once there is a mailbox
  v1::ImportMessagesRequest request_;
  v1::ImportMessagesResponse response_;
  std::unique_ptr<DeliveryWriter> writer_;  // of the message under way
  common::v1::TransferCounts counts_;       // repeated ones are unchanged
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_
