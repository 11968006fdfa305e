#include "pop3-frontend/io/session_metrics.h"

namespace restante::pop3 {

SessionMetrics::SessionMetrics(metrics::Registry* registry)
    : connections_(
          registry->Gauges("restante_pop3_connections", "Connections that are open.").With()),
      open_maildrops_(
          registry->Gauges("restante_pop3_open_maildrops", "Sessions that hold a maildrop.")
              .With()),
      refused_connections_(
          registry
              ->Counters("restante_pop3_refused_connections_total", "Connections over the limit.")
              .With()),
      messages_sent_(
          registry->Counters("restante_pop3_messages_sent_total", "Messages sent by RETR or TOP.")
              .With()),
      messages_deleted_(
          registry->Counters("restante_pop3_messages_deleted_total", "Messages deleted by QUIT.")
              .With()),
      message_octets_sent_(registry
                               ->Counters("restante_pop3_message_octets_total",
                                          "Octets of messages sent, before dot-stuffing.")
                               .With()),
      logons_(registry->Counters("restante_pop3_logons_total",
                                 "Tries to log on, by mechanism and outcome.")),
      ends_(registry->Counters("restante_pop3_ended_sessions_total",
                               "Sessions that ended, by reason.")) {}

void SessionMetrics::CountLogon(const std::string& mechanism, const std::string& outcome) const {
  logons_.With({{"mechanism", mechanism}, {"outcome", outcome}}).Add();
}

void SessionMetrics::CountEnd(EndReason reason) const {
  ends_.With({{"reason", EndReasonName(reason)}}).Add();
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
    case EndReason::kLeaseLost:
      return "lease_lost";
    case EndReason::kTooManyFailures:
      return "too_many_failures";
    case EndReason::kBodyBroken:
      return "body_broken";
  }
  return "";
}

}  // namespace restante::pop3
