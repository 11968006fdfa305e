#include "pop3-frontend/app/tls_reloader.h"

#include <utility>

namespace restante::pop3 {

TlsReloader::TlsReloader(net::TlsContextSource* source, std::vector<std::string> files,
                         net::EventLoop* loop, const log::Logger& logger,
                         metrics::Registry* registry)
    : source_(source),
      logger_(logger),
      expiry_(registry
                  ->Gauges("restante_pop3_certificate_expiry_seconds",
                           "When the first certificate for clients expires, as Unix time.")
                  .With()),
      watch_(std::move(files), loop, [this] { ReloadNow(); }) {
  ShowExpiry();
}

void TlsReloader::ShowExpiry() const {
  if (source_ == nullptr) return;
  expiry_.Set(static_cast<double>(absl::ToUnixSeconds(source_->Current()->expiry())));
}

void TlsReloader::ReloadNow() const {
  if (source_ == nullptr) return;
  absl::Status status = source_->Reload();
  if (!status.ok()) {
    logger_.Error("client_tls_not_reloaded", {{"error", status.message()}});
    return;
  }
  ShowExpiry();
  logger_.Info("client_tls_reloaded",
               {{"expires", absl::FormatTime(source_->Current()->expiry(), absl::UTCTimeZone())}});
}

}  // namespace restante::pop3
