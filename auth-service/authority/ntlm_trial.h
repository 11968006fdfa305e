#ifndef RESTANTE_AUTH_SERVICE_AUTHORITY_NTLM_TRIAL_H_
#define RESTANTE_AUTH_SERVICE_AUTHORITY_NTLM_TRIAL_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "auth-service/authority/authority.h"
#include "auth-service/ntlm/verify.h"

namespace restante::authority {

// One NTLM claim while it is held against the credential of each reading of its name, then judged
// once. Whether a reading has an account, whether its password is the right one and whether the
// form is allowed changes nothing in what is computed. One thread.
class NtlmTrial {
 public:
  // `rules` are the protocol's, with this connection's channel bindings, and outlive this.
  NtlmTrial(const sasl::NtlmClaim& claim, const ntlm::Rules& rules);

  // The next reading, in order: its account's hashes, or stand-ins when `is_real` is false.
  void Try(const Candidate& candidate, bool is_real, const Secret& nt_hash,
           const Secret& widened_nt_hash);
  // The next reading, whose credential could not be had.
  void Skip(absl::Status status);

  // After at least one reading. The status of a skipped one when no other was proven.
  absl::StatusOr<Verdict> Result() const;

 private:
  ntlm::Rules RulesOfAccount() const;
  Refusal RefusalOf(ntlm::Verdict verdict) const;
  std::string FindingOf(ntlm::Verdict verdict) const;

  const ntlm::Exchange exchange_;
  const ntlm::Rules& rules_;
  const bool made_without_password_;

  size_t tried_ = 0;
  // The reading that was proven, or the last one tried.
  size_t candidate_ = 0;
  ntlm::Match match_;
  // The account that it led to; the first one of any reading when none was proven.
  directory::AccountPtr account_;
  bool any_credential_ = false;
  bool challenge_read_late_ = false;
  absl::Status undecided_;
};

}  // namespace restante::authority

#endif  // RESTANTE_AUTH_SERVICE_AUTHORITY_NTLM_TRIAL_H_
