#ifndef RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_
#define RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_

#include <google/longrunning/operations.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>
#include <vector>

#include "common/operations/operations.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/worker_pool.h"

namespace restante::operations {

// google.longrunning.Operations. Changes are made by workers; waits hold no thread.
class OperationsService : public google::longrunning::Operations::CallbackService {
 public:
  // `operations` and `workers` outlive this. Callers with one of `job_roles` may cancel every
  // operation, others whom the access table lets through only transfers.
  OperationsService(Operations& operations, std::vector<std::string> job_roles,
                    rpc::WorkerPool& workers)
      : operations_(operations), job_roles_(std::move(job_roles)), workers_(workers) {}

  grpc::ServerUnaryReactor* ListOperations(
      grpc::CallbackServerContext* context,
      const google::longrunning::ListOperationsRequest* request,
      google::longrunning::ListOperationsResponse* response) override;
  grpc::ServerUnaryReactor* GetOperation(grpc::CallbackServerContext* context,
                                         const google::longrunning::GetOperationRequest* request,
                                         Operation* response) override;
  grpc::ServerUnaryReactor* DeleteOperation(
      grpc::CallbackServerContext* context,
      const google::longrunning::DeleteOperationRequest* request,
      google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* CancelOperation(
      grpc::CallbackServerContext* context,
      const google::longrunning::CancelOperationRequest* request,
      google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* WaitOperation(grpc::CallbackServerContext* context,
                                          const google::longrunning::WaitOperationRequest* request,
                                          Operation* response) override;

 private:
  absl::Status List(const google::longrunning::ListOperationsRequest& request,
                    google::longrunning::ListOperationsResponse* response) const;

  absl::Status Cancel(const rpc::PeerIdentity& caller, const std::string& name) const;

  Operations& operations_;
  const std::vector<std::string> job_roles_;
  rpc::WorkerPool& workers_;
};

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_
