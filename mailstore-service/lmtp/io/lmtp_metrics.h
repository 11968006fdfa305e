#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_METRICS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_METRICS_H_

#include <string>

#include "common/metrics/metrics.h"
#include "mailstore-service/lmtp/protocol/effect.h"
#include "mailstore-service/lmtp/protocol/event.h"

namespace restante::lmtp {

// What an ingress counts. Thread-safe; outlives every session.
class LmtpMetrics {
 public:
  // `registry` outlives this.
  explicit LmtpMetrics(metrics::Registry* registry);

  const metrics::Gauge& connections() const { return connections_; }
  // Messages received whole that wait for others to the same mailbox.
  const metrics::Gauge& waiting_deliveries() const { return waiting_deliveries_; }
  // Recipients found without a question to auth.
  const metrics::Counter& kept_recipients() const { return kept_recipients_; }
  const metrics::Counter& refused_connections() const { return refused_connections_; }
  const metrics::Counter& message_octets() const { return message_octets_; }
  // From the end of a message's text to its outcomes.
  const metrics::Histogram& delivery_time() const { return delivery_time_; }

  // `outcome`: "found", "unknown" or "undecided".
  void CountRecipient(const std::string& outcome) const;
  // One copy of a message.
  void CountDelivery(DeliveryOutcome outcome) const;
  void CountEnd(EndReason reason) const;

 private:
  const metrics::Gauge connections_;
  const metrics::Gauge waiting_deliveries_;
  const metrics::Counter kept_recipients_;
  const metrics::Counter refused_connections_;
  const metrics::Counter message_octets_;
  const metrics::Histogram delivery_time_;
  const metrics::CounterFamily recipients_;
  const metrics::CounterFamily deliveries_;
  const metrics::CounterFamily ends_;
};

// "delivered", "mailbox_full", ...: for metrics and the log.
std::string OutcomeName(DeliveryOutcome outcome);
// "quit", "peer_gone", ...
std::string EndReasonName(EndReason reason);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_IO_LMTP_METRICS_H_
