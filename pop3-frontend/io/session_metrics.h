#ifndef RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_
#define RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// A limit that kept a client from something.
enum class Limit {
  kConnections,
  kConnectionsPerSource,
  kSessions,
  kSessionsPerSource,
  kUnreadOctets,
  kUnreadOctetsPerSource,
  kTotalUnreadOctets,
  kReadAheadOctets,
  kReadAheadOctetsPerSource,
  kTotalReadAheadOctets,
};

// What a front end counts. Thread-safe; outlives every session.
class SessionMetrics {
 public:
  // `registry` outlives this.
  explicit SessionMetrics(metrics::Registry* registry);

  const metrics::Gauge& connections() const { return connections_; }
  const metrics::Gauge& open_maildrops() const { return open_maildrops_; }
  const metrics::Counter& messages_sent() const { return messages_sent_; }
  const metrics::Counter& messages_deleted() const { return messages_deleted_; }
  const metrics::Counter& message_octets_sent() const { return message_octets_sent_; }
  // Of the protocol, inside TLS.
  const metrics::Counter& octets_received() const { return octets_received_; }
  const metrics::Counter& octets_sent() const { return octets_sent_; }

  // One try to log on, from BeginLogon's first call to its outcome: "accepted", "undecided",
  // "in_use", "store_away", "too_many_sessions".
  void CountLogon(const std::string& mechanism, const std::string& outcome) const;
  // The outcome "rejected", with the reason that auth gave.
  void CountRejection(const std::string& mechanism, RefusalReason reason) const;
  // `command` as Session::command() has it.
  void ObserveCommand(absl::string_view command, absl::Duration time) const;
  // "TLSv1.3", or "failed".
  void CountHandshake(const std::string& version) const;
  void CountLimit(Limit limit) const;
  // As in the log.
  void CountEnd(const std::string& reason) const;

 private:
  const metrics::Gauge connections_;
  const metrics::Gauge open_maildrops_;
  const metrics::Counter messages_sent_;
  const metrics::Counter messages_deleted_;
  const metrics::Counter message_octets_sent_;
  const metrics::Counter octets_received_;
  const metrics::Counter octets_sent_;
  const metrics::CounterFamily logons_;
  const metrics::CounterFamily handshakes_;
  const metrics::CounterFamily limits_;
  const metrics::CounterFamily ends_;
  absl::flat_hash_map<absl::string_view, metrics::Histogram> commands_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_
