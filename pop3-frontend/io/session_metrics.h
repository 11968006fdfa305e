#ifndef RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_
#define RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_

#include <string>

#include "common/metrics/metrics.h"
#include "pop3-frontend/protocol/effect.h"

namespace restante::pop3 {

// What a front end counts. Thread-safe; outlives every session.
class SessionMetrics {
 public:
  // `registry` outlives this.
  explicit SessionMetrics(metrics::Registry* registry);

  const metrics::Gauge& connections() const { return connections_; }
  const metrics::Gauge& open_maildrops() const { return open_maildrops_; }
  const metrics::Counter& refused_connections() const { return refused_connections_; }
  const metrics::Counter& messages_sent() const { return messages_sent_; }
  const metrics::Counter& messages_deleted() const { return messages_deleted_; }
  const metrics::Counter& message_octets_sent() const { return message_octets_sent_; }

  // One try to log on, from BeginLogon's first call to its outcome: "accepted", "rejected",
  // "undecided", "in_use" or "store_away".
  void CountLogon(const std::string& mechanism, const std::string& outcome) const;
  void CountEnd(EndReason reason) const;

 private:
  const metrics::Gauge connections_;
  const metrics::Gauge open_maildrops_;
  const metrics::Counter refused_connections_;
  const metrics::Counter messages_sent_;
  const metrics::Counter messages_deleted_;
  const metrics::Counter message_octets_sent_;
  const metrics::CounterFamily logons_;
  const metrics::CounterFamily ends_;
};

// "quit", "peer_gone", ...: for metrics and the log.
std::string EndReasonName(EndReason reason);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_SESSION_METRICS_H_
