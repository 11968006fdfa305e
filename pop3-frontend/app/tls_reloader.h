#ifndef RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_
#define RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_

#include <memory>

#include "common/log/logger.h"
#include "common/net/event_loop.h"
#include "common/net/tls_context_source.h"

namespace restante::pop3 {

// Reads the certificate for clients again every minute, and when told to. New connections use what
// it then is; a fault is logged, and the old one stays in use.
class TlsReloader {
 public:
  // `source` may be null, and then nothing happens. All three outlive the reloader.
  TlsReloader(net::TlsContextSource* source, net::EventLoop* loop, const log::Logger& logger);
  // Not on the loop.
  ~TlsReloader();
  TlsReloader(const TlsReloader&) = delete;
  TlsReloader& operator=(const TlsReloader&) = delete;

  // Thread-safe.
  void ReloadNow() const;

 private:
  void Schedule();

  net::TlsContextSource* const source_;
  net::EventLoop& loop_;
  const log::Logger& logger_;
  net::Timer timer_;  // on the loop
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_TLS_RELOADER_H_
