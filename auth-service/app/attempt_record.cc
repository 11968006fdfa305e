#include "auth-service/app/attempt_record.h"

#include <string>

#include "common/base/ids.h"

namespace restante::logon {
namespace {

// A client's own word would make metrics without bound.
std::string MechanismLabel(const Attempt& attempt) {
  for (const char* known : {"EXTERNAL", "LOGIN", "NTLM", "OAUTHBEARER", "PLAIN", "SCRAM-SHA-256",
                            "SCRAM-SHA-256-PLUS", "XOAUTH2"}) {
    if (attempt.mechanism == known) return known;
  }
  return "other";
}

}  // namespace

AttemptRecord::AttemptRecord(RecentAttempts* recent, const log::Logger& logger,
                             metrics::Registry* registry, const Clock& clock)
    : recent_(*recent),
      logger_(logger),
      attempts_(registry->Counters("restante_auth_logons_total",
                                   "Logons that were decided, or could not be.")),
      decisions_(registry->Histograms("restante_auth_decision_seconds",
                                      "Time from the last call of a logon to its decision.")),
      clock_(clock) {}

void AttemptRecord::OnAttempt(const Attempt& attempt) {
  const std::string reason(ReasonOf(attempt));
  const std::string mechanism = MechanismLabel(attempt);
  attempts_.With({{"mechanism", mechanism}, {"reason", reason}}).Add();
  decisions_.With({{"mechanism", mechanism}}).Observe(clock_.WallNow() - attempt.time);
  logger_.Info("logon", {{"attempt_id", attempt.attempt_id},
                         {"reference", AttemptReference(attempt.attempt_id)},
                         {"reason", reason},
                         {"protocol", attempt.protocol},
                         {"mechanism", attempt.mechanism},
                         {"client_name", attempt.client_name},
                         {"client_address", attempt.client_address},
                         {"ntlm_form", attempt.ntlm_form},
                         {"ntlm_evidence", attempt.ntlm_evidence},
                         {"account", attempt.account_id},
                         {"alias", attempt.alias},
                         {"mailbox_id", attempt.mailbox_id},
                         {"error", attempt.undecided.message()}});
  recent_.Add(attempt);
}

}  // namespace restante::logon
