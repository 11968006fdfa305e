#ifndef RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_
#define RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/entry.h"
#include "common/rpc/worker_pool.h"
#include "restante/common/v1/audit_service.grpc.pb.h"

namespace restante::rpc {

// restante.common.v1.AuditService. A page is read by a worker: its entries are on the disk.
class AuditService : public common::v1::AuditService::CallbackService {
 public:
  // `owner.ListAudit(before, limit)` gives the entries with a number below `before`, the latest
  // first, at most `limit`; it is called by several threads. Both outlive this.
  template <typename Owner>
  AuditService(Owner& owner, WorkerPool& workers)
      : read_([&owner](uint64_t before, size_t limit) { return owner.ListAudit(before, limit); }),
        workers_(workers) {}

  grpc::ServerUnaryReactor* ListAuditEntries(
      grpc::CallbackServerContext* context, const common::v1::ListAuditEntriesRequest* request,
      common::v1::ListAuditEntriesResponse* response) override;

 private:
  absl::Status List(const common::v1::ListAuditEntriesRequest& request,
                    common::v1::ListAuditEntriesResponse* response) const;

  const std::function<absl::StatusOr<std::vector<audit::Entry>>(uint64_t before, size_t limit)>
      read_;
  WorkerPool& workers_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_
