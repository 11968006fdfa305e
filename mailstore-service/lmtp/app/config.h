#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_APP_CONFIG_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_APP_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/operator_endpoints.h"
#include "common/log/logger.h"
#include "common/rpc/channel.h"
#include "common/rpc/placement_router.h"
#include "mailstore-service/lmtp/backend/grpc_delivery_backend.h"
#include "mailstore-service/lmtp/backend/grpc_recipient_resolver.h"
#include "mailstore-service/lmtp/io/lmtp_server.h"

namespace restante::lmtp {

// An ingress's configuration with every default applied; restante.config.v1.LmtpConfig says what
// each key means.
struct Config {
  LmtpServerOptions server;
  ClientDeadlines deadlines;
  rpc::ChannelOptions auth;
  GrpcRecipientOptions recipients;
  rpc::PlacementRoutes mailstores;
  GrpcDeliveryOptions delivery;
  app::OperatorEndpointAddresses endpoints;
  log::Level log_level = log::Level::kInfo;
  int event_loops = 0;  // 0: one for each core
  absl::Duration drain_grace = absl::Seconds(30);
  bool development_mode = false;
  bool keep_identical_messages = false;
};

// INVALID_ARGUMENT or NOT_FOUND that names file, line, key and what was expected.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Whether the files that the configuration names can be used.
absl::Status CheckFiles(const Config& config);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_APP_CONFIG_H_
