#ifndef RESTANTE_AUTH_SERVICE_LOGON_NTLM_EVIDENCE_H_
#define RESTANTE_AUTH_SERVICE_LOGON_NTLM_EVIDENCE_H_

#include <string>

#include "auth-service/sasl/mechanism.h"

namespace restante::logon {

// What an NTLM client spoke, and what it said of itself besides its name: for the log and for
// ExplainLogon. Nothing in it is proven, and nothing is decided by it.
struct NtlmEvidence {
  std::string form;  // "NTLMv2" and so on
  // Domain, workstation, target name and clock; escaped, each part at most 64 octets of the
  // client's text.
  std::string text;
};

NtlmEvidence EvidenceOf(const sasl::NtlmClaim& claim);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_NTLM_EVIDENCE_H_
