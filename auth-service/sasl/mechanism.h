#ifndef RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_
#define RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"

// SASL mechanisms (RFC 4422) as far as the dialogue goes. None of them knows an account or decides
// who may log on: a dialogue ends in a claim, which an authority then checks.
//
// A new mechanism is a file of its own, a line in app.cc, and, where it proves something in a way
// of its own, an alternative of Claim; no other mechanism is touched.
namespace restante::sasl {

// The connection that a client speaks on, as far as mechanisms look at it.
struct Connection {
  bool tls = false;
  std::string server_end_point;  // RFC 5929 section 4.1; empty when unknown
  std::string exporter;          // RFC 9266; empty when it cannot be had
  // What the client's certificate says that its holder is called, "email:js@corp.example", when
  // the front end has verified it; else empty.
  std::vector<std::string> certificate_names;
  // The client was offered a mechanism with channel binding on this connection.
  bool channel_binding_offered = false;
};

// The dialogue goes on.
struct Challenge {
  std::string server_message;  // for the client; may be empty
  std::string state;           // for Continue; secret from the client, so sealed by the caller
};

// What the client says it can prove by NTLM.
struct NtlmClaim {
  ntlm::Conversation conversation;
  ntlm::AuthenticateMessage message;
};

// What the client says by PLAIN or LOGIN. Names are UTF-8 without NUL.
struct PasswordClaim {
  std::string authorization_id;  // empty when none was given
  std::string authentication_id;
  Secret password;
};

// What a client says that it can prove.
using Claim = std::variant<NtlmClaim, PasswordClaim>;

// The client broke the mechanism's rules; `reason` is for a log.
struct Malformed {
  std::string reason;
};

// The proof is none, whoever the client is; `finding` is for a log.
struct Failed {
  authority::Refusal refusal = authority::Refusal::kWrongPassword;
  std::string finding;
  std::string client_name = {};  // as far as the client has said it
};

// An error: the dialogue could not go on just now, which is nobody's wrong password.
using Step = std::variant<Challenge, Claim, Malformed, Failed, absl::Status>;

// One mechanism. Implementations keep nothing between calls and are thread-safe.
class Mechanism {
 public:
  virtual ~Mechanism() = default;

  // In upper case.
  virtual absl::string_view name() const = 0;
  // The client speaks first: a dialogue without an initial response begins with an empty challenge.
  virtual bool client_first() const = 0;
  // The dialogue is bound to the TLS connection, so that there is none without TLS.
  virtual bool needs_channel_binding() const { return false; }
  // The proof is the client's certificate.
  virtual bool needs_certificate() const { return false; }

  // `connection` is the same in all calls of a dialogue. `initial_response` is absent when the
  // client gave none, which is not the same as an empty one. At most 9,216 octets, as `response` of
  // Continue.
  virtual Step Begin(const Connection& connection,
                     const std::optional<Secret>& initial_response) const = 0;

  // `state` is that of the Challenge which the client answers. One that this mechanism did not make
  // gives Malformed.
  virtual Step Continue(const Connection& connection, absl::string_view state,
                        const Secret& response) const = 0;
};

// `clock` and `random` must outlive it. `names` are valid UTF-8.
std::unique_ptr<Mechanism> NewNtlmMechanism(ntlm::ServerNames names, const Clock& clock,
                                            Random& random);
std::unique_ptr<Mechanism> NewPlainMechanism();
std::unique_ptr<Mechanism> NewLoginMechanism();

// The mechanism of this name in any case; nullptr when there is none.
const Mechanism* FindMechanism(const std::vector<std::unique_ptr<Mechanism>>& mechanisms,
                               absl::string_view name);

}  // namespace restante::sasl

#endif  // RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_
