#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_DELIVERY_SERVICE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_DELIVERY_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/rpc/service_metrics.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/delivery_service.grpc.pb.h"

namespace restante::mailstore {

// What a DeliveryService is made of. Everything outlives it.
struct DeliveryServiceParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  const ServiceMetrics& metrics;
  const log::Logger& logger;
};

// restante.mailstore.v1.DeliveryService.
class DeliveryService : public v1::DeliveryService::CallbackService {
 public:
  explicit DeliveryService(DeliveryServiceParts parts) : parts_(parts) {}

  grpc::ServerReadReactor<v1::DeliverMessageRequest>* DeliverMessage(
      grpc::CallbackServerContext* context, v1::DeliverMessageResponse* response) override;
  grpc::ServerUnaryReactor* CheckDelivery(grpc::CallbackServerContext* context,
                                          const v1::CheckDeliveryRequest* request,
                                          v1::CheckDeliveryResponse* response) override;

 private:
  const DeliveryServiceParts parts_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_DELIVERY_SERVICE_H_
