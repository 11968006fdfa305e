#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_OPTIONS_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_OPTIONS_H_

namespace restante::pop3 {

// Why a client is not served at all.
enum class TurnedAway {
  kTooManyConnections,
  kTooManyFromSource,  // from the client's address or network
  kNotABalancer,       // the listener is for load balancers that are known
};

// What is settled before a session begins.
struct SessionOptions {
  // The listener can do STLS.
  bool stls_available = false;
  // The client spoke TLS from the first octet.
  bool tls = false;
  // In TLS, the client has shown a certificate that is trusted.
  bool has_certificate = false;
  // A development installation, and the client is on the loopback interface: mechanisms that need
  // TLS may be used without.
  bool logon_without_tls = false;
  // Answer `AUTH NTLM` with "+OK" in place of "+ ", for clients of the 1990s that want it.
  bool ntlm_ready_is_ok = false;
  // So many logons that were refused, or given up after a challenge, end the connection.
  int max_refusals = 3;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_SESSION_OPTIONS_H_
