#ifndef RESTANTE_AUTH_SERVICE_LOGON_CLAIM_READINGS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_CLAIM_READINGS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/authority/authority.h"
#include "auth-service/logon/decider.h"

// Whom a claim may be about, for LogonFlow. Pure functions over the directory's state.
namespace restante::logon {

// One way to understand the claimed name, and where that leads.
struct Reading {
  std::string proof_domain;  // as authority::Candidate
  Decision decision;
};

// At least one. How many there are depends on what the client sent and on nothing in the directory.
// `own_domain` is the one in our NTLM challenges.
std::vector<Reading> ReadingsOf(const authority::Claim& claim, const Decider& decider,
                                const Circumstances& circumstances, absl::string_view own_domain);

std::vector<authority::Candidate> CandidatesOf(const std::vector<Reading>& readings);

// Whose trace tells most about a claim that no reading proved. Lives as long as `readings`.
const Decision& MostTelling(const std::vector<Reading>& readings);

// What the client calls itself, for people; at most kMaxClientNameOctets.
std::string ClientNameOf(const authority::Claim& claim);

// Whom the client wants to act for; empty where the mechanism has no such thing. Lives as long as
// `claim`.
absl::string_view AuthorizationIdOf(const authority::Claim& claim);

// Whether the name is one that no person typed.
bool IsAsserted(const authority::Claim& claim);

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_CLAIM_READINGS_H_
