#include "mailstore-service/lmtp/app/app.h"

#include <memory>

#include "absl/strings/str_join.h"
#include "common/app/operator_endpoints.h"
#include "common/app/program_options.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/base/status_macros.h"
#include "common/metrics/metrics.h"
#include "common/net/event_loop.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/placement_router.h"
#include "common/rpc/polling_thread_limit.h"
#include "mailstore-service/lmtp/backend/grpc_delivery_backend.h"
#include "mailstore-service/lmtp/backend/grpc_recipient_resolver.h"
#include "mailstore-service/lmtp/io/lmtp_metrics.h"
#include "mailstore-service/lmtp/io/lmtp_server.h"

namespace restante::lmtp {

absl::Status Run(const Config& config, app::ShutdownSignals* signals) {
  app::SystemClock clock;
  app::SystemRandom random;
  log::Logger logger("restante-lmtp", config.log_level, clock);
  rpc::GrpcLog grpc_log(logger);
  const rpc::PollingThreadLimit polling_threads;
  if (config.development_mode) {
    logger.Warn("development_mode", {{"meaning", "this installation is not for real mail"}});
  }
  metrics::Registry registry;
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<app::OperatorEndpoints> endpoints,
                            app::OperatorEndpoints::Start(config.endpoints, &registry));

  net::EventLoopGroup loops(config.event_loops);
  RESTANTE_ASSIGN_OR_RETURN(auto auth_channel, rpc::MakeChannel(config.auth));
  rpc::PlacementRouter placements(config.mailstores);
  LmtpMetrics lmtp_metrics(&registry);
  GrpcRecipientResolver recipients(auth_channel, logger, clock, lmtp_metrics.kept_recipients(),
                                   config.recipients);
  GrpcDeliveryBackend mailstores(&placements, random, logger, lmtp_metrics.waiting_deliveries(),
                                 clock, config.delivery);
  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<LmtpServer> server,
      LmtpServer::Listen(config.server,
                         {recipients, mailstores, clock, random, logger, lmtp_metrics,
                          config.deadlines, config.keep_identical_messages},
                         loops));
  server->Serve();
  // Also while auth or a mailstore is away: clients are told to come again.
  endpoints->SetReady(true);
  logger.Info("started",
              {{"version", app::Version()}, {"ports", absl::StrJoin(server->ports(), " ")}});

  while (signals->Wait() == app::Signal::kReload) {
    // The TLS files are watched; there is nothing else to read again.
  }
  logger.Info("draining", {{"grace", config.drain_grace}});
  endpoints->SetReady(false);
  server->Drain(config.drain_grace);
  logger.Info("stopped");
  return absl::OkStatus();
}

}  // namespace restante::lmtp
