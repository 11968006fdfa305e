#include "auth-service/logon/claim_readings.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "auth-service/logon/proven_name.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

// "CORP\alice", or what stands in the user field alone.
std::string ClientNameOf(const sasl::NtlmClaim& claim) {
  const ntlm::AuthenticateMessage& message = claim.message;
  if (message.domain.empty()) return message.user;
  return absl::StrCat(message.domain, "\\", message.user);
}

// The domains that an NTLM proof may have been made with, as clients disagree about it.
std::vector<std::string> ProofDomains(absl::string_view sent, absl::string_view own) {
  std::vector<std::string> domains;
  for (const absl::string_view domain : {sent, own, absl::string_view()}) {
    const bool is_new = std::none_of(domains.begin(), domains.end(), [domain](const auto& other) {
      return FoldName(other) == FoldName(domain);
    });
    if (is_new) domains.emplace_back(domain);
  }
  return domains;
}

}  // namespace

std::vector<Reading> ReadingsOf(const authority::Claim& claim, const Decider& decider,
                                const Circumstances& circumstances, absl::string_view own_domain) {
  std::vector<Reading> readings;
  if (const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim)) {
    const ntlm::AuthenticateMessage& message = ntlm_claim->message;
    for (std::string& domain : ProofDomains(message.domain, own_domain)) {
      Decision decision = decider.Decide(ParseNtlmName(domain, message.user), circumstances);
      readings.push_back({std::move(domain), std::move(decision)});
    }
    return readings;
  }
  if (IsAsserted(claim)) {
    const auto& asserted = std::get<sasl::AssertedClaim>(claim);
    readings.push_back(
        {std::string(), decider.DecideAsserted(asserted.by, asserted.names, circumstances)});
    return readings;
  }
  readings.push_back(
      {std::string(), decider.Decide(ParseName(ClientNameOf(claim)), circumstances)});
  return readings;
}

std::vector<authority::Candidate> CandidatesOf(const std::vector<Reading>& readings) {
  std::vector<authority::Candidate> candidates;
  for (const Reading& reading : readings) {
    candidates.push_back({reading.proof_domain, reading.decision.account});
  }
  return candidates;
}

const Decision& MostTelling(const std::vector<Reading>& readings) {
  for (const Reading& reading : readings) {
    if (reading.decision.account != nullptr) return reading.decision;
  }
  return readings.front().decision;
}

std::string ClientNameOf(const authority::Claim& claim) {
  std::string name;
  if (const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim)) {
    name = ClientNameOf(*ntlm_claim);
  } else if (const auto* scram_claim = std::get_if<sasl::ScramClaim>(&claim)) {
    name = scram_claim->authentication_id;
  } else if (const auto* asserted = std::get_if<sasl::AssertedClaim>(&claim)) {
    // Of a certificate, what is behind its fingerprint says more to a person.
    name = asserted->names.size() > 1 ? asserted->names[1] : asserted->names[0];
  } else {
    name = std::get<sasl::PasswordClaim>(claim).authentication_id;
  }
  return name.substr(0, kMaxClientNameOctets);
}

absl::string_view AuthorizationIdOf(const authority::Claim& claim) {
  if (const auto* scram_claim = std::get_if<sasl::ScramClaim>(&claim)) {
    return scram_claim->authorization_id;
  }
  if (const auto* asserted = std::get_if<sasl::AssertedClaim>(&claim)) {
    return asserted->authorization_id;
  }
  const auto* password_claim = std::get_if<sasl::PasswordClaim>(&claim);
  return password_claim ? password_claim->authorization_id : absl::string_view();
}

bool IsAsserted(const authority::Claim& claim) {
  const auto* asserted = std::get_if<sasl::AssertedClaim>(&claim);
  return asserted != nullptr && asserted->by != sasl::AssertedClaim::By::kLogonName;
}

}  // namespace restante::logon
