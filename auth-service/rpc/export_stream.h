#ifndef RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>

#include "auth-service/directory/account_filter.h"
#include "auth-service/directory/directory.h"
#include "restante/auth/v1/account_transfer.pb.h"

namespace restante::rpc {

// One ExportAccounts call: a piece is made when the caller has taken the last one. Owns itself, as
// gRPC's reactors do, and goes with the call.
class ExportStream : public grpc::ServerWriteReactor<auth::v1::ExportAccountsResponse> {
 public:
  // `directory` outlives the call.
  ExportStream(const directory::Directory& directory,
               const auth::v1::ExportAccountsRequest& request);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  absl::Status Take(const auth::v1::ExportAccountsRequest& request);
  void WriteNext();

  const directory::Directory& directory_;
  std::optional<directory::AccountFilter> filter_;
  const bool show_deleted_;
  std::string after_;
  auth::v1::ExportAccountsResponse response_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_EXPORT_STREAM_H_
