#ifndef RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_
#define RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "auth-service/oauth/token_verifier.h"
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
  std::string protocol;  // "pop3"
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

// What the client says by SCRAM-SHA-256, with or without channel binding, which is checked already.
struct ScramClaim {
  std::string authorization_id;  // empty when none was given
  std::string authentication_id;
  std::string auth_message;  // what the proof is over (RFC 5802 section 3)
  std::string proof;         // scram::kKeyOctets
};

// What another than the directory has proven: who holds the client's certificate, or whom a signed
// token names. All that is left to find out is whose account that is.
struct AssertedClaim {
  // kLogonName: by a token as well, whose issuer calls people as they call themselves at logon.
  enum class By { kCertificate, kToken, kLogonName };
  By by = By::kCertificate;
  std::string authorization_id;    // empty when none was given
  std::vector<std::string> names;  // at least one, all of one holder; as Connection has them, or
                                   // what the token says
};

// What a client says that it can prove.
using Claim = std::variant<NtlmClaim, PasswordClaim, ScramClaim, AssertedClaim>;

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
  // Another than the directory vouches for the client: there is no credential to be held against.
  virtual bool is_vouched_for() const { return false; }

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

// What a client needs before it can make a SCRAM proof.
struct ScramParameters {
  std::string salt;
  uint32_t iterations = 0;
};

// Those of the account that a name leads to. Always some, and always the same for the same name:
// for one that leads to nobody, or to an account without SCRAM keys, such as cannot be told from
// real ones. An error when it could not be found out. Thread-safe.
using FindScramParameters = std::function<absl::StatusOr<ScramParameters>(
    absl::string_view protocol, absl::string_view authentication_id)>;

// SCRAM-SHA-256, or SCRAM-SHA-256-PLUS. `random` outlives it.
std::unique_ptr<Mechanism> NewScramMechanism(bool plus, FindScramParameters find_parameters,
                                             Random& random);

// EXTERNAL (RFC 4422 appendix A) by the certificate of the TLS connection.
std::unique_ptr<Mechanism> NewExternalMechanism();

// OAUTHBEARER (RFC 7628) and XOAUTH2. `tokens` outlives it.
std::unique_ptr<Mechanism> NewOauthBearerMechanism(const oauth::TokenVerifier& tokens);
std::unique_ptr<Mechanism> NewXoauth2Mechanism(const oauth::TokenVerifier& tokens);

// The mechanism of this name in any case; nullptr when there is none.
const Mechanism* FindMechanism(const std::vector<std::unique_ptr<Mechanism>>& mechanisms,
                               absl::string_view name);

}  // namespace restante::sasl

#endif  // RESTANTE_AUTH_SERVICE_SASL_MECHANISM_H_
