#ifndef RESTANTE_POP3_FRONTEND_IO_CLIENT_SETTINGS_H_
#define RESTANTE_POP3_FRONTEND_IO_CLIENT_SETTINGS_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace restante::pop3 {

// How long a client may take.
struct ClientDeadlines {
  // From the connection to an open maildrop, whatever the client does meanwhile.
  absl::Duration logon = absl::Seconds(60);
  // Between two commands afterwards. RFC 1939 section 3: at least ten minutes.
  absl::Duration idle = absl::Minutes(10);
  // For reading the next octet of what was sent.
  absl::Duration stall = absl::Minutes(2);
};

// How much clients may take. By source: an IPv4 address or the /64 of an IPv6 address.
struct ClientLimits {
  // More are told that the server is busy, and closed.
  int max_connections = 20'000;
  // Below the limit over all, so that one address cannot shut everybody out.
  int max_connections_per_source = 15'000;
  // Sessions with an open maildrop; more are refused at their logon.
  int max_sessions = 20'000;
  int max_sessions_per_source = 15'000;
  // Of one connection: while more was sent than so many octets that the client has not read, it is
  // given nothing more.
  int64_t max_unread_octets = 65'536;
  // Of all, and of those of one source: while there are more, a client is given more only when it
  // has read everything.
  int64_t max_total_unread_octets = 268'435'456;
  int64_t max_unread_octets_per_source = 134'217'728;
};

// What may change while the front end runs. A connection keeps what it began with.
struct ClientSettings {
  ClientDeadlines deadlines;
  ClientLimits limits;
  // Answer `AUTH NTLM` with "+OK" in place of "+ ".
  bool ntlm_ready_is_ok = false;
};

// The settings for new connections. Thread-safe.
class ClientSettingsSource {
 public:
  explicit ClientSettingsSource(const ClientSettings& settings) { Replace(settings); }

  std::shared_ptr<const ClientSettings> Current() const {
    MutexLock lock(&mutex_);
    return current_;
  }

  void Replace(const ClientSettings& settings) {
    auto fresh = std::make_shared<const ClientSettings>(settings);
    MutexLock lock(&mutex_);
    current_ = std::move(fresh);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const ClientSettings> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_CLIENT_SETTINGS_H_
