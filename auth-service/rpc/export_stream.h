#ifndef RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "auth-service/directory/account_filter.h"
#include "auth-service/directory/directory.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "restante/auth/v1/account_transfer.pb.h"

namespace restante::rpc {

// What an ExportStream needs. Everything outlives it.
struct ExportStreamParts {
  const directory::Directory& directory;
  WorkerPool& workers;
  operations::Operations& operations;
};

// One ExportAccounts call, and the operation that it carries: a worker makes a piece when the
// caller has taken the last one. Owns itself, as gRPC's reactors do, and goes with the call; what
// it keeps is touched by one thread at a time.
class ExportStream : public grpc::ServerWriteReactor<auth::v1::ExportAccountsResponse> {
 public:
  // `caller` by certificate. `context` lives as long as the call.
  ExportStream(const ExportStreamParts& parts, grpc::CallbackServerContext* context,
               const auth::v1::ExportAccountsRequest& request, std::string caller);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void PostFill();
  // Sends the next piece, or ends the call.
  void Fill();
  absl::Status Begin();
  void AddAccounts();
  // Ends the operation and the call.
  void End(const absl::Status& status);

  const ExportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const auth::v1::ExportAccountsRequest request_;
  const std::string caller_;
  std::unique_ptr<operations::Transfer> transfer_;  // once it has begun
  std::optional<directory::AccountFilter> filter_;
  std::string after_;
  auth::v1::ExportAccountsResponse response_;
  bool sent_ = true;  // whether the caller took the last piece
  common::v1::TransferCounts counts_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_
