#include "pop3-frontend/io/session_metrics.h"

#include "pop3-frontend/protocol/command.h"

namespace restante::pop3 {
namespace {

constexpr absl::string_view kUnknown = "unknown";

std::string ReasonName(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kCredentials:
      return "credentials";
    case RefusalReason::kMechanismUnknown:
      return "mechanism_unknown";
    case RefusalReason::kMechanismDisabled:
      return "mechanism_disabled";
    case RefusalReason::kTlsRequired:
      return "tls_required";
  }
  return "";
}

std::string LimitName(Limit limit) {
  switch (limit) {
    case Limit::kConnections:
      return "connections";
    case Limit::kConnectionsPerSource:
      return "connections_per_source";
    case Limit::kSessions:
      return "sessions";
    case Limit::kSessionsPerSource:
      return "sessions_per_source";
    case Limit::kUnreadOctets:
      return "unread_octets";
    case Limit::kUnreadOctetsPerSource:
      return "unread_octets_per_source";
    case Limit::kTotalUnreadOctets:
      return "total_unread_octets";
    case Limit::kReadAheadOctets:
      return "read_ahead_octets";
    case Limit::kReadAheadOctetsPerSource:
      return "read_ahead_octets_per_source";
    case Limit::kTotalReadAheadOctets:
      return "total_read_ahead_octets";
  }
  return "";
}

}  // namespace

SessionMetrics::SessionMetrics(metrics::Registry* registry)
    : connections_(
          registry->Gauges("restante_pop3_connections", "Connections that are open.").With()),
      open_maildrops_(
          registry->Gauges("restante_pop3_open_maildrops", "Sessions that hold a maildrop.")
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
      octets_received_(registry
                           ->Counters("restante_pop3_received_octets_total",
                                      "Octets that clients sent, inside TLS.")
                           .With()),
      octets_sent_(
          registry->Counters("restante_pop3_sent_octets_total", "Octets for clients, inside TLS.")
              .With()),
      logons_(
          registry->Counters("restante_pop3_logons_total",
                             "Tries to log on, by mechanism, outcome and reason of a refusal.")),
      handshakes_(registry->Counters("restante_pop3_tls_handshakes_total",
                                     "TLS handshakes, by the version that came of them.")),
      limits_(registry->Counters("restante_pop3_limits_hit_total",
                                 "How often a limit kept a client from something, by limit.")),
      ends_(registry->Counters("restante_pop3_ended_sessions_total",
                               "Connections that ended, by reason.")) {
  metrics::HistogramFamily times = registry->Histograms(
      "restante_pop3_command_seconds", "From a command to the end of its reply's making.");
  for (Verb verb : kVerbs) {
    commands_.emplace(Name(verb), times.With({{"command", std::string(Name(verb))}}));
  }
  commands_.emplace(kUnknown, times.With({{"command", std::string(kUnknown)}}));
}

void SessionMetrics::CountLogon(const std::string& mechanism, const std::string& outcome) const {
  logons_.With({{"mechanism", mechanism}, {"outcome", outcome}, {"reason", ""}}).Add();
}

void SessionMetrics::CountRejection(const std::string& mechanism, RefusalReason reason) const {
  logons_.With({{"mechanism", mechanism}, {"outcome", "rejected"}, {"reason", ReasonName(reason)}})
      .Add();
}

void SessionMetrics::ObserveCommand(absl::string_view command, absl::Duration time) const {
  commands_.at(command).Observe(time);
}

void SessionMetrics::CountHandshake(const std::string& version) const {
  handshakes_.With({{"version", version}}).Add();
}

void SessionMetrics::CountLimit(Limit limit) const {
  limits_.With({{"limit", LimitName(limit)}}).Add();
}

void SessionMetrics::CountEnd(const std::string& reason) const {
  ends_.With({{"reason", reason}}).Add();
}

}  // namespace restante::pop3
