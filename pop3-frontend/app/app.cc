#include "pop3-frontend/app/app.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/app/operator_endpoints.h"
#include "common/app/program_options.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/base/status_macros.h"
#include "common/metrics/metrics.h"
#include "common/net/event_loop.h"
#include "common/net/tls_context_source.h"
#include "common/rpc/client_call_metrics.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/placement_router.h"
#include "common/rpc/polling_thread_limit.h"
#include "pop3-frontend/app/config_reloader.h"
#include "pop3-frontend/app/tls_reloader.h"
#include "pop3-frontend/backend/grpc_auth_backend.h"
#include "pop3-frontend/backend/grpc_maildrop_backend.h"
#include "pop3-frontend/backend/policy_cache.h"
#include "pop3-frontend/io/pop3_server.h"
#include "pop3-frontend/io/session_metrics.h"

namespace restante::pop3 {
namespace {

rpc::ChannelOptions Counted(rpc::ChannelOptions options, const rpc::ClientCallMetrics& metrics) {
  options.metrics = &metrics;
  return options;
}

rpc::PlacementRoutes Counted(rpc::PlacementRoutes routes, const rpc::ClientCallMetrics& metrics) {
  routes.pattern.metrics = &metrics;
  for (auto& [placement, options] : routes.table) options.metrics = &metrics;
  return routes;
}

Limit ToLimit(ReadAheadLimit limit) {
  switch (limit) {
    case ReadAheadLimit::kSession:
      return Limit::kReadAheadOctets;
    case ReadAheadLimit::kSource:
      return Limit::kReadAheadOctetsPerSource;
    case ReadAheadLimit::kAll:
      return Limit::kTotalReadAheadOctets;
  }
  return Limit::kReadAheadOctets;
}

// A source for each listener that asks clients for certificates, and says so to the listener.
absl::StatusOr<std::vector<std::unique_ptr<net::TlsContextSource>>> LoadAskingTls(
    net::TlsSettings settings, std::vector<ListenerOptions>* listeners) {
  std::vector<std::unique_ptr<net::TlsContextSource>> sources;
  for (ListenerOptions& listener : *listeners) {
    if (listener.client_authorities.empty()) continue;
    settings.client_authorities = listener.client_authorities;
    RESTANTE_ASSIGN_OR_RETURN(auto source, net::TlsContextSource::Load(settings));
    listener.traits.tls = source.get();
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

absl::Status Run(const Config& config, app::ShutdownSignals* signals) {
  app::SystemClock clock;
  app::SystemRandom random;
  log::Logger logger("restante-pop3", config.log_level, clock);
  rpc::GrpcLog grpc_log(logger);
  const rpc::PollingThreadLimit polling_threads;
  if (config.development_mode) {
    logger.Warn("development_mode",
                {{"meaning", "clients on the loopback interface may log on without TLS"}});
  }
  metrics::Registry registry;
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<app::OperatorEndpoints> endpoints,
                            app::OperatorEndpoints::Start(config.endpoints, &registry));

  std::unique_ptr<net::TlsContextSource> client_tls;
  if (!config.client_tls.certificates.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(client_tls, net::TlsContextSource::Load(config.client_tls));
  }
  std::vector<ListenerOptions> listeners = config.listeners;
  RESTANTE_ASSIGN_OR_RETURN(auto asking_tls, LoadAskingTls(config.client_tls, &listeners));
  net::EventLoopGroup loops(config.event_loops);
  rpc::ClientCallMetrics call_metrics(&registry, "restante_pop3_backend");
  RESTANTE_ASSIGN_OR_RETURN(auto auth_channel,
                            rpc::MakeChannel(Counted(config.auth, call_metrics)));
  rpc::PlacementRouter mailstores(Counted(config.mailstores, call_metrics));
  SessionMetrics session_metrics(&registry);
  GrpcAuthBackend auth(auth_channel);
  GrpcMaildropOptions maildrop_options = config.maildrop;
  maildrop_options.on_read_ahead_limit = [&session_metrics](ReadAheadLimit limit) {
    session_metrics.CountLimit(ToLimit(limit));
  };
  GrpcMaildropBackend maildrops(&mailstores, logger, maildrop_options);
  // Before the first policy nobody could log on.
  PolicyCache policy(auth_channel, logger, {.on_policy = [&endpoints](const MechanismPolicy&) {
                       endpoints->SetReady(true);
                     }});
  ClientSettingsSource settings(config.clients);
  ClientTotals totals;
  RESTANTE_ASSIGN_OR_RETURN(
      std::unique_ptr<Pop3Server> server,
      Pop3Server::Listen(listeners,
                         {auth, maildrops, policy, random, logger, session_metrics,
                          client_tls.get(), settings, totals},
                         loops));
  ConfigReloader config_reloader(config, &loops.loop(0), logger, [&](const Config& fresh) {
    settings.Replace(fresh.clients);
    server->SetMaxConnections(fresh.clients.limits.max_connections);
    logger.SetLeastLevel(fresh.log_level);
  });
  std::vector<net::TlsContextSource*> sources;
  if (client_tls != nullptr) sources.push_back(client_tls.get());
  for (const auto& source : asking_tls) sources.push_back(source.get());
  TlsReloader reloader(std::move(sources), config.client_tls_files, &loops.loop(0), logger,
                       &registry);
  server->Serve();
  logger.Info("started",
              {{"version", app::Version()}, {"ports", absl::StrJoin(server->ports(), " ")}});

  while (signals->Wait() == app::Signal::kReload) {
    reloader.ReloadNow();
    config_reloader.ReloadNow();
  }
  absl::Duration grace = config_reloader.drain_grace();
  logger.Info("draining", {{"grace", grace}});
  endpoints->EndReady();
  server->Drain(grace);
  logger.Info("stopped");
  return absl::OkStatus();
}

}  // namespace restante::pop3
