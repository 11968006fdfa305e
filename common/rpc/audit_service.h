#ifndef RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_
#define RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/entry.h"
#include "common/rpc/worker_pool.h"
#include "restante/common/v1/audit_service.grpc.pb.h"

namespace restante::rpc {

// restante.common.v1.AuditService. A page is read by a worker: its entries are on the disk.
class AuditService : public common::v1::AuditService::CallbackService {
 public:
  // Entries with a number below `before`, the latest first, at most `limit`. Called by several
  // threads.
  using ReadEntries =
      std::function<absl::StatusOr<std::vector<audit::Entry>>(uint64_t before, size_t limit)>;

  // What `read` needs, and the workers, outlive it.
  AuditService(ReadEntries read, WorkerPool& workers) : read_(std::move(read)), workers_(workers) {}

  grpc::ServerUnaryReactor* ListAuditEntries(
      grpc::CallbackServerContext* context, const common::v1::ListAuditEntriesRequest* request,
      common::v1::ListAuditEntriesResponse* response) override;

 private:
  absl::Status List(const common::v1::ListAuditEntriesRequest& request,
                    common::v1::ListAuditEntriesResponse* response) const;

  const ReadEntries read_;
  WorkerPool& workers_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_AUDIT_SERVICE_H_
