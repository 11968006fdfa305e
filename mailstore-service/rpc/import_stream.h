#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/message_transfer.pb.h"

namespace restante::mailstore {

// What an ImportStream needs. Everything outlives it.
struct ImportStreamParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  const Clock& clock;
  const log::Logger& logger;
};

// One ImportMessages call. Each part goes to the store on a worker, then the next is asked for, so
// that a fast caller costs one part of memory. Owns itself, as gRPC's reactors do, and goes with
// the call: a message that was not whole then leaves nothing. What it keeps is touched by one
// thread at a time.
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
  void End(const absl::Status& status);
  absl::Status Take();
  absl::Status TakeParent();
  absl::Status TakeBegin(const v1::ImportedMessage& message);
  absl::Status TakeText(const std::string& text);
  absl::Status TakeEnd(const v1::ImportedMessageEnd& end);

  const ImportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const std::string caller_;
  std::string mailbox_id_;
  v1::ImportMessagesRequest request_;
  v1::ImportMessagesResponse response_;
  std::unique_ptr<DeliveryWriter> writer_;  // of the message under way
  int64_t imported_ = 0;
  int64_t repeated_ = 0;
  int64_t failed_ = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_IMPORT_STREAM_H_
