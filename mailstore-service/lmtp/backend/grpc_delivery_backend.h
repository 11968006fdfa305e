#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_DELIVERY_BACKEND_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_DELIVERY_BACKEND_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/call_options.h"
#include "common/rpc/placement_router.h"
#include "mailstore-service/lmtp/backend/delivery_backend.h"

namespace restante::lmtp {

struct GrpcDeliveryOptions {
  // For each step of a mailstore's, and within which a delivery is repeated.
  rpc::CallOptions calls;
  // Up to this size a message is kept until its answer, so that its delivery can be repeated when
  // a mailstore restarts.
  size_t repeatable_octets = size_t{256} * 1024;
  // Text that may wait for the slowest mailstore of a message before the client has to.
  size_t waiting_octets = size_t{256} * 1024;
  // To one mailbox under way at a time, of those that go when they are whole.
  size_t deliveries_per_mailbox = 1;
};

// DeliveryBackend over restante.mailstore.v1.DeliveryService: one call for each placement, with all
// its mailboxes. Destruction waits for the calls under way; there must be no Delivery left.
class GrpcDeliveryBackend : public DeliveryBackend {
 public:
  // All arguments outlive the backend. `waiting`: deliveries that wait for others to their mailbox.
  GrpcDeliveryBackend(rpc::PlacementRouter* router, Random& random, const log::Logger& logger,
                      metrics::Gauge waiting, const Clock& clock, GrpcDeliveryOptions options = {});
  ~GrpcDeliveryBackend() override;

  std::unique_ptr<Delivery> Begin(const std::vector<Mailbox>& mailboxes,
                                  const std::string& delivery_id, net::Executor executor,
                                  std::function<void()> on_room) override;
  void Check(const Mailbox& mailbox, int64_t size_octets, net::Executor executor,
             Checked checked) override;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_GRPC_DELIVERY_BACKEND_H_
