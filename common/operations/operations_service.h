#ifndef RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_
#define RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_

#include <google/longrunning/operations.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include "common/operations/operations.h"

namespace restante::operations {

// google.longrunning.Operations. Writes hold a gRPC thread for one synced write; waits hold none.
class OperationsService : public google::longrunning::Operations::CallbackService {
 public:
  // `operations` outlives this.
  explicit OperationsService(Operations& operations) : operations_(operations) {}

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

  Operations& operations_;
};

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_OPERATIONS_SERVICE_H_
