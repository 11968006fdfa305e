#ifndef RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "common/log/logger.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "restante/auth/v1/account_transfer.pb.h"

namespace restante::rpc {

// What an ImportStream needs. Everything outlives it.
struct ImportStreamParts {
  directory::Directory& directory;
  const directory::CredentialVault& vault;
  WorkerPool& workers;  // keys made of a password take a millisecond each
  operations::Operations& operations;
  const std::string& default_placement;
  const log::Logger& logger;
};

// One ImportAccounts call, and the operation that it carries: a message of items, its answer, the
// next message. Owns itself, as gRPC's reactors do, and goes with the call; what it keeps is
// touched by one thread at a time, and workers alone wait for a disk.
class ImportStream : public grpc::ServerBidiReactor<auth::v1::ImportAccountsRequest,
                                                    auth::v1::ImportAccountsResponse> {
 public:
  // `caller` is the URI name in the caller's certificate. `context` lives as long as the call.
  ImportStream(ImportStreamParts parts, grpc::CallbackServerContext* context, std::string caller);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // Takes one message and answers it, or ends the call.
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
  absl::Status Take();
  absl::Status TakeOptions();
  absl::Status TakeItems();
  absl::StatusOr<directory::ImportItem> ToItem(auth::v1::ImportItem* item) const;
  absl::StatusOr<std::optional<directory::SealedCredential>> ToSealed(
      const auth::v1::ImportItem& item) const;
  void Count(const auth::v1::ImportResult& result);

  const ImportStreamParts parts_;
  grpc::CallbackServerContext* const context_;
  const std::string caller_;
  bool has_request_id_ = false;
  bool has_answered_ = false;
  std::unique_ptr<operations::Transfer> transfer_;  // once there are options
  directory::ImportSettings settings_;
  auth::v1::ImportAccountsRequest request_;
  auth::v1::ImportAccountsResponse response_;
  int64_t created_ = 0;
  int64_t updated_ = 0;
  common::v1::TransferCounts counts_;  // created and updated ones are done
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_
