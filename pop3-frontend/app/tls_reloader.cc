#include "pop3-frontend/app/tls_reloader.h"

#include <utility>

namespace restante::pop3 {

TlsReloader::TlsReloader(std::vector<net::TlsContextSource*> sources,
                         std::vector<std::string> files, net::EventLoop* loop,
                         const log::Logger& logger, metrics::Registry* registry)
    : sources_(std::move(sources)),
      logger_(logger),
      expiry_(registry
                  ->Gauges("restante_pop3_certificate_expiry_seconds",
                           "When the first certificate for clients expires, as Unix time.")
                  .With()),
      watch_(std::move(files), loop, [this] { ReloadNow(); }) {
  ShowExpiry();
}

void TlsReloader::ShowExpiry() const {
  if (sources_.empty()) return;
  expiry_.Set(static_cast<double>(absl::ToUnixSeconds(sources_.front()->Current()->expiry())));
}

void TlsReloader::ReloadNow() const {
  if (sources_.empty()) return;
  for (net::TlsContextSource* source : sources_) {
    absl::Status status = source->Reload();
    if (status.ok()) continue;
    logger_.Error("client_tls_not_reloaded", {{"error", status.message()}});
    return;
  }
  ShowExpiry();
  absl::Time expiry = sources_.front()->Current()->expiry();
  logger_.Info("client_tls_reloaded", {{"expires", absl::FormatTime(expiry, absl::UTCTimeZone())}});
}

}  // namespace restante::pop3
