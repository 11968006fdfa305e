#ifndef RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_H_
#define RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/logon/decider.h"

namespace restante::logon {

// One logon, tried or imagined, and how it was decided: what is logged, counted and explained.
struct Attempt {
  std::string attempt_id;  // empty for an imagined one
  absl::Time time;
  std::string protocol;
  std::string client_address;
  std::string mechanism;    // upper case, as the client gave it when it is unknown
  std::string client_name;  // as the client gave it, unescaped; at most kMaxClientNameOctets
  bool tls = false;

  // By NTLM: what the client spoke ("NTLMv2"), and what it said of itself besides its name,
  // escaped. It proves nothing.
  std::string ntlm_form;
  std::string ntlm_evidence;

  // Accepted when neither is set.
  std::optional<authority::Refusal> refusal;
  absl::Status undecided;

  Trace trace;
  // The account that was found and what it leads to; each may be empty.
  std::string account_id;
  std::string alias;
  std::string mailbox_id;
  std::string placement;

  bool accepted() const { return !refusal && undecided.ok(); }
};

// "ACCEPTED", "UNDECIDED", or the refusal's name.
absl::string_view ReasonOf(const Attempt& attempt);

// What an operator does about it; empty for an accepted one.
std::string NextStepOf(const Attempt& attempt);

// Is told of each attempt when it has been decided. Called on the thread that decides; thread-safe.
class AttemptObserver {
 public:
  virtual ~AttemptObserver() = default;
  virtual void OnAttempt(const Attempt& attempt) = 0;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_ATTEMPT_H_
