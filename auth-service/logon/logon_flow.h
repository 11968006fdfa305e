#ifndef RESTANTE_AUTH_SERVICE_LOGON_LOGON_FLOW_H_
#define RESTANTE_AUTH_SERVICE_LOGON_LOGON_FLOW_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/authority/authority.h"
#include "auth-service/directory/directory.h"
#include "auth-service/logon/attempt.h"
#include "auth-service/logon/decider.h"
#include "auth-service/logon/ip_address.h"
#include "auth-service/logon/throttle.h"
#include "auth-service/sasl/mechanism.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/crypto/key_ring.h"

namespace restante::logon {

// The TLS layer of a connection, as the front end sees it.
struct TlsFacts {
  std::string version;
  std::string server_end_point;
  std::string exporter;
  std::vector<std::string> certificate_names = {};  // of a verified client certificate
};

// The connection that a client speaks on. The same in every call of one attempt.
struct Channel {
  std::string protocol;
  std::string client_address;  // as given; `client` is its value
  IpAddress client;
  uint32_t client_port = 0;
  std::string connection_id;
  std::optional<TlsFacts> tls;
};

struct BeginRequest {
  std::string attempt_id;  // IsId
  Channel channel;
  std::string mechanism;
  std::optional<Secret> initial_response;
  std::string session_id;       // IsId
  std::string caller_identity;  // the front end's URI name, which the grant is bound to
};

struct ContinueRequest {
  std::string attempt_id;
  Channel channel;
  std::string sealed_state;
  Secret response;
  std::string caller_identity;
};

// The exchange goes on; the front end keeps the state.
struct ChallengeAnswer {
  std::string server_message;
  std::string sealed_state;
  absl::Duration delay = absl::ZeroDuration();  // before the client is told
};

// Proven, and led to a mailbox: the account's own, or one that it is a delegate of.
struct Identity {
  std::string account_id;
  std::string alias;  // the mailbox's
  std::string mailbox_id;
  std::string placement;
  bool may_delete = false;
  std::string session_id;
  std::string maildrop_grant;
  absl::Time grant_expire_time;
  absl::Duration delay;  // before the client is told
};

// What a client may know of a refusal.
enum class PublicReason { kCredentials, kMechanismUnknown, kMechanismDisabled, kTlsRequired };

struct Rejection {
  PublicReason public_reason = PublicReason::kCredentials;
  absl::Duration delay;
};

using Answer = std::variant<ChallengeAnswer, Identity, Rejection>;

// A logon that nobody tried.
struct HypotheticalLogon {
  std::string client_name;
  std::string mechanism;  // upper case
  std::string protocol;
  std::string client_address;
  std::optional<IpAddress> client;  // nullopt: from anywhere but here
  bool tls = true;
};

struct FlowSettings {
  std::string netbios_domain;  // as in our NTLM challenges
  // Logons without TLS are permitted from loopback addresses, whatever the policy says.
  bool development_mode = false;
};

// What a LogonFlow is made of. Everything outlives it.
struct FlowParts {
  const directory::Directory& directory;
  const authority::Authority& authority;
  const std::vector<std::unique_ptr<sasl::Mechanism>>& mechanisms;
  const Decider& decider;
  Throttle& throttle;
  AttemptObserver& observer;
  const KeyRing& state_keys;
  const std::map<std::string, KeyRing>& grant_keys;  // by placement
  const Clock& clock;
  Random& random;
};

// One logon from its first octet to a mailbox or a refusal: the protocol's policy, the mechanism's
// dialogue, the authority's verdict, the decider's mailbox, the grant. Holds nothing between the
// calls of an attempt, so that any replica can take the next one.
//
// Every refusal but those of the protocol's policy has one public answer and costs the same work
// and delay. A status other than OK means that it could not be decided; such an attempt is told to
// the observer too, except where the caller broke the contract. Thread-safe.
class LogonFlow {
 public:
  // How long a grant opens.
  static constexpr absl::Duration kGrantLifetime = absl::Seconds(60);

  LogonFlow(FlowParts parts, FlowSettings settings);

  // NOT_FOUND for a protocol without policy.
  absl::StatusOr<Answer> Begin(const BeginRequest& request) const;
  // INVALID_ARGUMENT/SEALED_STATE_INVALID for a state that this attempt and channel were not given.
  absl::StatusOr<Answer> Continue(const ContinueRequest& request) const;

  // How a logon would be decided if the proof were right; by the same code, without side effects.
  // NOT_FOUND for a protocol without policy.
  absl::StatusOr<Attempt> Explain(const HypotheticalLogon& logon) const;

 private:
  struct Course;
  // How far the attempt is whose state is sealed.
  enum Stage : uint8_t { kInDialogue = 0, kProven = 1 };

  absl::StatusOr<Answer> OnStep(sasl::Step step, Course* course) const;
  absl::StatusOr<Answer> OnClaim(const authority::Claim& claim, Course* course) const;
  // The client's answer to the server's own proof; `proven` was sealed with it.
  absl::StatusOr<Answer> OnAcknowledged(absl::string_view proven, const Secret& response,
                                        Course* course) const;
  ChallengeAnswer Ask(std::string server_message, Stage stage, absl::string_view state,
                      const Course& course) const;
  static sasl::Connection ConnectionOf(const Course& course);
  absl::StatusOr<Answer> Accept(const Decision& decision, Course* course) const;
  Answer Refuse(authority::Refusal refusal, Course* course) const;
  absl::Status Undecided(absl::Status status, Course* course) const;
  // Leaves its findings in `attempt`.
  std::optional<authority::Refusal> CheckPolicy(const directory::ProtocolPolicy& policy,
                                                absl::string_view mechanism, bool tls,
                                                const std::optional<IpAddress>& client,
                                                Attempt* attempt) const;

  const FlowParts parts_;
  const FlowSettings settings_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_LOGON_FLOW_H_
