#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/message_transfer.pb.h"

namespace restante::mailstore {

// What an ExportStream needs. Everything outlives it.
struct ExportStreamParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  const log::Logger& logger;
};

// One ExportMessages call. Each answer is filled by a worker, the next when the caller has taken
// it. Owns itself, as gRPC's reactors do, and goes with the call; what it keeps is touched by one
// thread at a time.
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
  absl::Status FillAnswer();
  // Begins the next message; nothing when there is none.
  absl::Status BeginNext();
  void End(const absl::Status& status);

  const ExportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const std::string caller_;
  const std::string parent_;
  std::string mailbox_id_;
  uint64_t after_ = 0;
  std::deque<MessageSummary> page_;
  bool last_page_ = false;
  std::unique_ptr<MessageReader> reader_;  // of the message under way
  std::string piece_;                      // read, and without room in the last answer
  v1::ExportMessagesResponse answer_;
  size_t answer_octets_ = 0;
  int64_t exported_ = 0;
  int64_t failed_ = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_EXPORT_STREAM_H_
