#include "mailstore-service/lmtp/io/lmtp_metrics.h"

namespace restante::lmtp {

LmtpMetrics::LmtpMetrics(metrics::Registry* registry)
    : connections_(
          registry->Gauges("restante_lmtp_connections", "Connections that are open.").With()),
      waiting_deliveries_(registry
                              ->Gauges("restante_lmtp_waiting_deliveries",
                                       "Messages that wait for others to the same mailbox.")
                              .With()),
      kept_recipients_(registry
                           ->Counters("restante_lmtp_kept_recipients_total",
                                      "Recipients found without a question to auth.")
                           .With()),
      refused_connections_(
          registry
              ->Counters("restante_lmtp_refused_connections_total", "Connections over the limit.")
              .With()),
      message_octets_(registry
                          ->Counters("restante_lmtp_message_octets_total",
                                     "Octets of messages received whole, without added fields.")
                          .With()),
      delivery_time_(registry
                         ->Histograms("restante_lmtp_delivery_seconds",
                                      "From the end of a message's text to its outcomes.")
                         .With()),
      recipients_(registry->Counters("restante_lmtp_recipients_total",
                                     "Recipients asked for, by outcome.")),
      deliveries_(registry->Counters("restante_lmtp_deliveries_total",
                                     "Copies of messages received whole, by outcome.")),
      ends_(registry->Counters("restante_lmtp_ended_sessions_total",
                               "Sessions that ended, by reason.")) {}

void LmtpMetrics::CountRecipient(const std::string& outcome) const {
  recipients_.With({{"outcome", outcome}}).Add();
}

void LmtpMetrics::CountDelivery(DeliveryOutcome outcome) const {
  deliveries_.With({{"outcome", OutcomeName(outcome)}}).Add();
}

void LmtpMetrics::CountEnd(EndReason reason) const {
  ends_.With({{"reason", EndReasonName(reason)}}).Add();
}

std::string OutcomeName(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::kDelivered:
      return "delivered";
    case DeliveryOutcome::kMailboxFull:
      return "mailbox_full";
    case DeliveryOutcome::kMailboxDeleted:
      return "mailbox_deleted";
    case DeliveryOutcome::kStoreFull:
      return "store_full";
    case DeliveryOutcome::kTooLarge:
      return "too_large";
    case DeliveryOutcome::kUnavailable:
      return "unavailable";
  }
  return "";
}

std::string EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kQuit:
      return "quit";
    case EndReason::kPeerGone:
      return "peer_gone";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kDrain:
      return "drain";
    case EndReason::kTooManyErrors:
      return "too_many_errors";
    case EndReason::kTooManyCommands:
      return "too_many_commands";
  }
  return "";
}

}  // namespace restante::lmtp
