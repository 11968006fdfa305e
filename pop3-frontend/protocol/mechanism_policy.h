#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_MECHANISM_POLICY_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_MECHANISM_POLICY_H_

#include <string>
#include <vector>

namespace restante::pop3 {

// What auth lets clients log on with, as the front end last heard it.
struct MechanismPolicy {
  struct Mechanism {
    std::string name;  // upper case
    bool enabled = false;
    bool require_tls = true;
    // The client speaks first, so "+ " may be said without a call.
    bool client_first = false;
    // Bound to the TLS connection, so that there is none without TLS.
    bool needs_channel_binding = false;
    // The proof is a certificate that the client showed in TLS.
    bool needs_certificate = false;
  };
  std::vector<Mechanism> mechanisms;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_MECHANISM_POLICY_H_
