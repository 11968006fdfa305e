#ifndef RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <string>
#include <vector>

#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "restante/auth/v1/account_transfer.pb.h"

namespace restante::rpc {

// What an ImportStream needs. Everything outlives it.
struct ImportStreamParts {
  directory::Directory& directory;
  const directory::CredentialVault& vault;
  WorkerPool& workers;  // keys made of a password take a millisecond each
  const std::string& default_placement;
  const log::Logger& logger;
};

// One ImportAccounts call: a message of items, its answer, the next message. Owns itself, as gRPC's
// reactors do, and goes with the call; what it keeps is touched by one thread at a time.
class ImportStream : public grpc::ServerBidiReactor<auth::v1::ImportAccountsRequest,
                                                    auth::v1::ImportAccountsResponse> {
 public:
  // `caller` is the URI name in the caller's certificate.
  ImportStream(ImportStreamParts parts, std::string caller);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // Takes one message and answers it, or ends the call.
  void Handle();
  // Ends the call, and says in the log what came of it.
  void End(const absl::Status& status);
  absl::Status TakeOptions();
  absl::Status TakeItems();
  absl::StatusOr<directory::ImportItem> ToItem(auth::v1::ImportItem* item) const;
  absl::StatusOr<std::optional<directory::SealedCredential>> ToSealed(
      const auth::v1::ImportItem& item) const;
  void Count(const auth::v1::ImportResult& result);

  const ImportStreamParts parts_;
  const std::string caller_;
  bool has_options_ = false;
  directory::ImportSettings settings_;
  auth::v1::ImportAccountsRequest request_;
  auth::v1::ImportAccountsResponse response_;
  int64_t created_ = 0;
  int64_t updated_ = 0;
  int64_t unchanged_ = 0;
  int64_t failed_ = 0;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_IMPORT_STREAM_H_
