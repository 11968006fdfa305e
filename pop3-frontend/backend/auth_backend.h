#ifndef RESTANTE_POP3_FRONTEND_BACKEND_AUTH_BACKEND_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_AUTH_BACKEND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/net/executor.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// The TLS layer that the client speaks through.
struct TlsChannel {
  std::string version;           // "TLSv1.2" or "TLSv1.3"
  std::string server_end_point;  // RFC 5929 section 4.1; empty when unknown
  std::string exporter;          // RFC 9266, 32 octets; empty when it cannot be had
  // As net::CertificateNames has them; empty without a certificate that is trusted.
  std::vector<std::string> certificate_names = {};
};

// The connection that a client logs on through. The same for all calls of one attempt.
struct ClientChannel {
  std::string client_address;  // IP address in text form
  uint16_t client_port = 0;
  std::string connection_id;  // NewId()
  std::optional<TlsChannel> tls;
};

// One try to log on, from BeginLogon to its outcome.
struct LogonAttempt {
  std::string attempt_id;  // NewId(), for each BeginLogon
  std::string session_id;  // NewId(), for each BeginLogon: the maildrop session it may lead to
  ClientChannel channel;
};

using LogonAnswer = std::variant<AuthChallenge, AuthAccepted, AuthRejected>;

// The auth service as a front end needs it. Thread-safe; lives in app.cc, longer than every
// connection.
class AuthBackend {
 public:
  // A refused logon is an answer. An error means that nobody could decide: the session's
  // BackendDown. Runs on the executor, once, within the backend's deadline.
  using Done = absl::AnyInvocable<void(absl::StatusOr<LogonAnswer> answer) &&>;

  virtual ~AuthBackend() = default;

  virtual void Begin(const LogonAttempt& attempt, BeginLogon logon, net::Executor executor,
                     Done done) = 0;
  virtual void Continue(const LogonAttempt& attempt, ContinueLogon logon, net::Executor executor,
                        Done done) = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_AUTH_BACKEND_H_
