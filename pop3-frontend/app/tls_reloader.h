#ifndef RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_
#define RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_

#include <string>
#include <vector>

#include "common/app/file_watch.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/net/tls_context_source.h"

namespace restante::pop3 {

// Reads the certificates and ticket keys for clients again when their files change, and when told
// to. New connections use what they then are; a fault is logged, and the old ones stay in use. A
// metric says when the first certificate expires.
class TlsReloader {
 public:
  // `files`: those of all sources, of which there may be none. All outlive the reloader.
  TlsReloader(std::vector<net::TlsContextSource*> sources, std::vector<std::string> files,
              net::EventLoop* loop, const log::Logger& logger, metrics::Registry* registry);

  // Thread-safe.
  void ReloadNow() const;

 private:
  void ShowExpiry() const;

  const std::vector<net::TlsContextSource*> sources_;  // all with the same certificates
  const log::Logger& logger_;
  const metrics::Gauge expiry_;
  app::FileWatch watch_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_
