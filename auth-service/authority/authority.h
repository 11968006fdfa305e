#ifndef RESTANTE_AUTH_SERVICE_AUTHORITY_AUTHORITY_H_
#define RESTANTE_AUTH_SERVICE_AUTHORITY_AUTHORITY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/account.h"
#include "auth-service/ntlm/policy.h"
#include "auth-service/sasl/mechanism.h"

namespace restante::authority {

using Claim = sasl::Claim;

// The TLS layer that the claim came over, as far as a proof can be bound to it.
struct TlsBinding {
  bool tls = false;
  std::string server_end_point;  // RFC 5929 section 4.1; empty when unknown
};

// One reading of the claimed name.
struct Candidate {
  // NTLM only: this reading stands when the proof was made with this domain, compared as names are.
  std::string proof_domain;
  // Who it would be; nullptr when nobody.
  directory::AccountPtr account;
};

// The claim is proven under the reading `candidates[candidate]`.
struct Validated {
  size_t candidate = 0;
  std::string finding;  // how, for a person
  // What the client is to be told before it is let in, for a mechanism whose server proves
  // something too; else empty.
  std::string server_message = {};
};

struct Refused {
  Refusal refusal = Refusal::kWrongPassword;
  std::string finding;
};

using Verdict = std::variant<Validated, Refused>;

// Who can tell whether a claim is true: the local directory, or another place that keeps the
// passwords. What it compares with is its own affair: nobody above it sees a hash.
class Authority {
 public:
  virtual ~Authority() = default;

  // Holds `claim` against 1 to 8 readings, in order; the first proven one counts. A refusal takes
  // the same work whether a reading leads to an account or not. `ntlm` is the protocol's, which an
  // account may change for itself. A status other than OK means that it could not be decided, never
  // that the proof was wrong. Thread-safe.
  virtual absl::StatusOr<Verdict> Validate(const Claim& claim, const TlsBinding& binding,
                                           const ntlm::Policy& ntlm,
                                           const std::vector<Candidate>& candidates) const = 0;

  // What a SCRAM dialogue for `account` begins with; when it is nobody's, or has no SCRAM keys,
  // such as cannot be told from that: the same work, and always the same for the same `name`. A
  // status as of Validate. Thread-safe.
  virtual absl::StatusOr<sasl::ScramParameters> ScramParametersOf(
      const directory::AccountPtr& account, absl::string_view name) const = 0;

  // Why no claim by this mechanism, which is not vouched for by another, can be proven for this
  // account, if that is known without one.
  // Thread-safe.
  virtual std::optional<Refused> Foresee(const directory::Account& account,
                                         absl::string_view mechanism) const = 0;
};

}  // namespace restante::authority

#endif  // RESTANTE_AUTH_SERVICE_AUTHORITY_AUTHORITY_H_
