#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_CAPABILITY_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_CAPABILITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pop3-frontend/protocol/mechanism_policy.h"
#include "pop3-frontend/protocol/session_options.h"

namespace restante::pop3 {

// What this connection may do just now. Pure functions; `policy` may be null, when auth has not
// told one yet: then nothing can be used.

// nullptr for a mechanism that auth does not know. `name` in any case.
const MechanismPolicy::Mechanism* FindMechanism(const MechanismPolicy* policy,
                                                absl::string_view name);

// Switched on, with TLS and a certificate where they are needed.
bool IsUsable(const MechanismPolicy::Mechanism& mechanism, const SessionOptions& options);

// The names of the usable mechanisms, in the order of the policy.
std::vector<std::string> UsableMechanisms(const MechanismPolicy* policy,
                                          const SessionOptions& options);

// The lines of CAPA before logon (RFC 2449 section 6, RFC 3206, RFC 2595, RFC 5034, RFC 6856),
// without status line and final dot. `tls` in `options` is that of now. EXPIRE is not there: how
// long mail is kept is the mailbox's.
std::string CapabilityLines(const MechanismPolicy* policy, const SessionOptions& options);
// And after it. nullopt: mail is kept for ever.
std::string CapabilityLinesAfterLogon(std::optional<int32_t> retention_days);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_CAPABILITY_H_
