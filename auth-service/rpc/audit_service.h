#ifndef RESTANTE_AUTH_SERVICE_RPC_AUDIT_SERVICE_H_
#define RESTANTE_AUTH_SERVICE_RPC_AUDIT_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "auth-service/directory/directory.h"
#include "common/rpc/worker_pool.h"
#include "restante/auth/v1/audit_service.grpc.pb.h"

namespace restante::rpc {

// restante.auth.v1.AuditService. A page is read by a worker: its entries are on the disk.
class AuditService : public auth::v1::AuditService::CallbackService {
 public:
  // Both outlive it.
  AuditService(const directory::Directory& directory, WorkerPool& workers)
      : directory_(directory), workers_(workers) {}

  grpc::ServerUnaryReactor* ListAuditEntries(grpc::CallbackServerContext* context,
                                             const auth::v1::ListAuditEntriesRequest* request,
                                             auth::v1::ListAuditEntriesResponse* response) override;

 private:
  absl::Status List(const auth::v1::ListAuditEntriesRequest& request,
                    auth::v1::ListAuditEntriesResponse* response) const;

  const directory::Directory& directory_;
  WorkerPool& workers_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_AUDIT_SERVICE_H_
