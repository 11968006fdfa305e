#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "common/audit/entry.h"
#include "common/log/logger.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/message_transfer.pb.h"

namespace restante::mailstore {

// What an ExportStream needs. Everything outlives it.
struct ExportStreamParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  operations::Operations& operations;
  const log::Logger& logger;
};

// One ExportMessages call, and the operation that it carries. Each answer is filled by a worker,
// the next when the caller has taken it. Owns itself, as gRPC's reactors do, and goes with the
// call; what it keeps is touched by one thread at a time, and workers alone wait for a disk.
class ExportStream : public grpc::ServerWriteReactor<v1::ExportMessagesResponse> {
 public:
  // `caller` by certificate. `context` lives as long as the call.
  ExportStream(const ExportStreamParts& parts, grpc::CallbackServerContext* context,
               const v1::ExportMessagesRequest& request, std::string caller);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void PostFill();
  void Fill();
  absl::Status Begin();
  absl::Status FillAnswer();
  // Begins the next message; nothing when there is none.
  absl::Status BeginNext();
  // Of the message under way, read to its end or not.
  void EndMessage(const absl::Status& status);
  // Ends the operation and the call.
  void End(const absl::Status& status);
  // Says in the log what came of it, and ends the call.
  void Close(const absl::Status& status);

  const ExportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const audit::Author author_;
  const std::string parent_;
  const std::string request_id_;
  std::string mailbox_id_;
  uint64_t after_ = 0;
  std::unique_ptr<operations::Transfer> transfer_;  // once it has begun
  std::deque<MessageSummary> page_;
  bool last_page_ = false;
  std::unique_ptr<MessageReader> reader_;  // of the message under way
  std::string piece_;                      // read, and without room in the last answer
  v1::ExportMessagesResponse answer_;
  size_t answer_octets_ = 0;
  int64_t message_octets_ = 0;  // of the message under way
  bool sent_ = true;            // whether the caller took the last answer
  common::v1::TransferCounts counts_;
  common::v1::TransferCounts sent_counts_;  // without what is in an answer not taken
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_
